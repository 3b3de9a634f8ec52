#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "model/ids.h"
#include "queue/settlement.h"

namespace polylog::queue {

// What stands for a deduplication id; `scope` is the message group where only messages of one group
// are compared, empty where all of the queue are. Who may send can collide ids on purpose, and
// could as well send the same id twice.
DeduplicationKey deduplication_key(std::string_view id, std::string_view scope = {});

// Which messages of one queue partition were sent within the window, and where the first of equals
// lies; and which hand-offs from other queues were stored here, until their source forgets them. An
// entry outlives its message: settling a message does not let its duplicate in. It holds no message
// id: the id of a message that was deduplicated follows from its place, so a duplicate's answer
// needs nothing but the offset (docs/formats/settlements.md).
//
// Lives on the partition's shard, without I/O and clock. 25 bytes a key and 5 to 10 of index.
// Every change is described by the Settlement it returns, as in DeliveryState.
class Deduplication {
public:
    // The message sent before with this key, if that is not forgotten.
    std::optional<model::Offset> find(const DeduplicationKey& key) const;
    // Remembers that the message at `offset` is the last with this key, at least until then and at
    // most a second longer.
    Deduplicated remember(const DeduplicationKey& key, model::Offset offset, Tick until);

    std::optional<model::Offset> find(const HandOff& hand_off) const;
    HandedOff remember(const HandOff& hand_off, model::Offset offset, Tick until);
    // The source will not try it again.
    HandOffForgotten forget(const HandOff& hand_off);

    // Forgets at most `max` of those whose time has passed, and returns how many; nothing needs to
    // be logged. Call again while it returns `max`.
    size_t expire(Tick now, size_t max);
    // When there is something to expire.
    std::optional<Tick> next_expiry() const;
    // Forgets all keys, as a purge does, but no hand-off.
    DeduplicationCleared clear();

    // Recovery, as in DeliveryState; of deliveries it takes no notice.
    void apply(const Settlement& settlement);
    void capture(const std::function<void(const Settlement&)>& emit) const;
    // Forgets what names messages at or behind the log's end; returns whether there was any.
    bool clip(model::Offset log_end);

    size_t size_bytes() const;
    uint64_t key_count() const { return entries_.size(); }

private:
    struct Entry {
        DeduplicationKey key;
        model::Offset offset;
    };
    // Keys that are forgotten together: they end before `end`, counted from the first ever.
    struct Bucket {
        Tick until;
        uint64_t end = 0;
    };
    struct HandOffEntry {
        model::Offset offset;
        Tick until;
    };

    size_t slot_of(const DeduplicationKey& key) const;
    size_t home_of(const DeduplicationKey& key) const { return key.low & (index_.size() - 1); }
    void grow_index();
    void unindex(const DeduplicationKey& key);
    bool is_newest(uint64_t number) const;
    void forget_first();
    void apply_one(const Deduplicated& deduplicated);
    void apply_one(const DeduplicationCleared& cleared);
    void apply_one(const HandedOff& handed_off);
    void apply_one(const HandOffForgotten& forgotten);
    const Entry& entry(uint32_t number) const {
        return entries_[static_cast<uint32_t>(number - static_cast<uint32_t>(first_))];
    }

    // The oldest first; of several with one key only the newest counts. An entry's number counts
    // from the first ever; the index holds its low 32 bits.
    std::deque<Entry> entries_;
    uint64_t first_ = 0;
    std::deque<Bucket> buckets_;
    std::vector<uint32_t> index_;

    std::map<HandOff, HandOffEntry> hand_offs_;
    std::set<std::pair<Tick, HandOff>> hand_offs_by_expiry_;
};

}  // namespace polylog::queue

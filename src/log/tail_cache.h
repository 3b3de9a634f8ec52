#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "base/slice.h"
#include "log/ring_queue.h"
#include "log/tail.h"

namespace polylog::log {

class StoredLog;

// Accounts for the memory that the tails of all logs of a storage hold together: by slab, because a
// slab is freed only as a whole. The oldest slab goes first, as soon as every batch in it is in a
// segment. Lives on its storage's shard.
class TailCache {
public:
    // Who fills slabs one after another.
    enum class Source : uint8_t { durable_journal, buffered_journal, replay };

    explicit TailCache(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

    // The number of the slab that holds a batch about to enter the tail of `log`.
    SlabNumber enter(StoredLog& log, Source source, const base::Buffer& slab);
    // `log` is going away, or has let go of its whole tail.
    void forget(const StoredLog& log);
    // Nothing more will come from replay.
    void end_replay() { current_[static_cast<size_t>(Source::replay)] = {}; }
    // Lets go of old slabs until the limit is kept, or the oldest one holds unwritten batches.
    void evict();
    bool over_limit() const { return bytes_ > limit_bytes_; }
    size_t bytes() const { return bytes_; }
    // The logs with unwritten batches in the oldest slab that has any; valid until the next call.
    const std::vector<StoredLog*>& oldest_unflushed();

private:
    struct Slab {
        size_t size_bytes = 0;
        std::vector<StoredLog*> logs;  // each once
    };
    struct Current {
        base::Buffer slab;  // held, so that no other slab can get its address
        SlabNumber number;
    };
    SlabNumber first_number() const { return {next_number_ - slabs_.size()}; }
    Slab& slab(SlabNumber number) { return slabs_[number.value - first_number().value]; }

    const size_t limit_bytes_;
    size_t bytes_ = 0;
    uint64_t next_number_ = 1;
    RingQueue<Slab> slabs_;           // oldest first
    std::array<Current, 3> current_;  // by source
    SlabNumber flushed_before_{0};    // slabs below hold nothing unwritten
    std::vector<StoredLog*> unflushed_;
};

}  // namespace polylog::log

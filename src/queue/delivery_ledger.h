#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "io/scope.h"
#include "io/shard.h"
#include "io/signal.h"
#include "io/timer.h"
#include "queue/deduplication.h"
#include "queue/delivery_state.h"
#include "queue/settlement_journal.h"
#include "replication/partition.h"

namespace polylog::queue {

// Where the messages of one queue partition stand, and the log that remembers it: every change is
// made in memory at once and noted in the journal, whose durable() says when a crash will not undo
// it. Ends leases and delays when they are over. Lives on the partition's shard.
class DeliveryLedger {
public:
    struct Logs {
        std::shared_ptr<replication::Partition> messages;
        std::shared_ptr<replication::Partition> settlements;
    };
    // Told what becomes of messages: for whoever keeps an order of his own.
    class Observer {
    public:
        virtual ~Observer() = default;
        virtual void held(model::Offset offset) = 0;  // leased, delayed or condemned
        virtual void ready_again(Range range) = 0;
        virtual void settled(Range range) = 0;
        virtual void settled_below(model::Offset offset) = 0;
        virtual void rewound() = 0;  // what was settled or held may be ready
    };

    // `available` is notified when messages have become ready that were not.
    DeliveryLedger(io::Shard& shard, Logs logs, io::Signal& available);
    void observe(Observer& observer) { observer_ = &observer; }

    // Reads the settlements back, without those that are about messages which a crash took: their
    // offsets are given again. Errors: those of SettlementJournal::replay.
    io::Task<base::Result<void>> load();

    const DeliveryState& state() const { return state_; }
    SettlementJournal& journal() { return journal_; }
    Tick now() const;
    Tick after(base::Duration duration) const;
    int64_t wall_ms() const;

    // Takes note of what has become of the log: new durable messages may be handed out, those that
    // it has deleted are settled.
    void refresh();

    // The transitions of DeliveryState, noted in the journal.
    Leased lease(model::Offset offset, Tick deadline);
    void extend_lease(model::Offset offset, Tick deadline);
    void release(model::Offset offset, bool failed);
    // As if it had not been handed out this time; nothing if the lease is over.
    void take_back(const Lease& lease);
    void delay(model::Offset offset, Tick due, bool failed = false);
    void condemn(model::Offset offset, DeathReason reason);
    void settle(Range range);
    void settle_below(model::Offset offset);
    void rewind(model::Offset offset);

    // Messages that have been stored within the window, or handed off to here. What is remembered
    // of a message must be noted before the message is appended.
    const Deduplication& deduplication() const { return deduplication_; }
    void remember(const DeduplicationKey& key, model::Offset offset);
    void remember(const HandOff& hand_off, model::Offset offset);
    void forget(const HandOff& hand_off);
    // All keys, but no hand-offs.
    void forget_duplicates();
    void expire_duplicates();

    // Nothing is known of messages from `log_end` on: they were announced, and could not be stored.
    void withdraw(model::Offset log_end);
    io::Task<base::Result<void>> durable() { return journal_.durable(); }

private:
    void note(const Settlement& settlement);
    void capture(SettlementBatch& state) const;
    void expire();
    void arm();
    void shorten_if_grown();
    io::Task<void> shorten();
    void clip_after(model::LeaderEpoch epoch);

    io::Shard& shard_;
    const Logs logs_;
    io::Signal& available_;
    Observer* observer_ = nullptr;
    DeliveryState state_;
    Deduplication deduplication_;
    SettlementJournal journal_;
    io::Timer expiry_;
    std::optional<Tick> armed_for_;
    uint32_t notes_ = 0;  // since the size of the journal was last looked at
    bool shortening_ = false;
    io::TaskScope scope_;
};

}  // namespace polylog::queue

#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "io/scope.h"
#include "io/shard.h"
#include "io/signal.h"
#include "queue/settlement.h"
#include "replication/journal.h"
#include "replication/partition.h"

namespace polylog::queue {

// The settlement log of one queue partition: what is noted in one turn of the loop becomes one
// batch, appended at the turn's end or, by flush(), before something else is. Memory has changed
// when a settlement is noted, so a batch that could not be appended must not be followed by another
// one: the whole state comes first then. Lives on the partition's shard; everybody who waits must
// be gone, or have been told by closing the log, before it is destroyed.
class SettlementJournal {
public:
    // Adds the settlements that give the whole state as it is now.
    using Capture = std::function<void(SettlementBatch& state)>;

    SettlementJournal(io::Shard& shard, std::shared_ptr<replication::Partition> log,
                      Capture capture);

    // Hands every settlement to `apply`, in order, with the leader epoch it was noted in. Errors:
    // those of Journal::replay, corrupt.
    using Apply = std::move_only_function<void(model::LeaderEpoch epoch, const Settlement&)>;
    io::Task<base::Result<void>> replay(Apply apply);

    // Part of this turn's batch.
    void note(const Settlement& settlement);
    // Appends what was noted, now. Errors: those of Partition::append; the next flush writes the
    // whole state.
    base::Result<void> flush();
    // The log says what is not so, because something noted was taken back: the next flush writes
    // the whole state.
    void distrust() { trusted_ = false; }
    // Returns once everything noted so far is durable. Errors: those of flush, and
    // Partition::replicated.
    io::Task<base::Result<void>> durable();

    // Writes the whole state and deletes what lies before. Durable when it returns.
    io::Task<base::Result<void>> rewrite();
    // The log is so much larger than `live_bytes` that rewriting it pays.
    bool wants_rewrite(uint64_t live_bytes) const { return journal_.wants_rewrite(live_bytes); }

private:
    // The settlements of one turn, and who waits for them.
    struct Turn {
        io::Signal flushed;
        bool is_flushed = false;
        base::Result<void> result;
    };

    void close_turn_later();
    io::Task<void> flush_at_end_of_turn();
    base::Result<void> append(SettlementBatch& settlements);
    Moment moment() const;

    io::Shard& shard_;
    std::shared_ptr<replication::Partition> log_;
    replication::Journal journal_;
    const Capture capture_;
    SettlementBatch noted_;
    std::shared_ptr<Turn> turn_ = std::make_shared<Turn>();
    bool closing_turn_ = false;  // its end is being waited for
    bool trusted_ = true;
    io::TaskScope scope_;
};

}  // namespace polylog::queue

#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "io/shard.h"
#include "io/signal.h"
#include "log/log_state.h"
#include "log/ring_queue.h"
#include "log/statistics.h"
#include "log/write_ahead_log.h"

namespace polylog::log {

class StoredLog;

// A write-ahead log together with those who wait for it: the logs touched by each group, in order,
// and the tasks that need a group to be committed. Lives on its storage's shard.
class Journal {
public:
    // Called once, when nothing will ever commit again.
    using OnFailure = std::move_only_function<void(WalMode, const base::Error&)>;

    // Continues a ring after `last`. Errors: as WriteAheadLog::open.
    static io::Task<base::Result<std::unique_ptr<Journal>>> open(io::Shard& shard,
                                                                 WalOptions options,
                                                                 WalSequence last,
                                                                 Statistics& statistics,
                                                                 OnFailure on_failure);
    Journal(io::Shard& shard, WalMode mode, Statistics& statistics, OnFailure on_failure);

    WalMode mode() const { return mode_; }
    WriteAheadLog& wal() { return *wal_; }
    const WriteAheadLog& wal() const { return *wal_; }
    bool failed() const { return failed_.has_value(); }

    // Appends an entry about `log`, which learns when it is committed. Errors: as
    // WriteAheadLog::append.
    base::Result<WalPlace> append(const WalEntryHeader& header, base::Bytes payload);
    // `log` ends at `end` once `group` is committed.
    void touch(StoredLog& log, WalSequence group, model::Offset end);
    // `log` has been truncated to `end`: what was touched cannot reach further.
    void clamp(const StoredLog& log, model::Offset end);
    void forget(const StoredLog& log);
    // Returns when the group is committed. Errors: what the write-ahead log failed with.
    io::Task<base::Result<void>> committed(WalSequence group);
    // Called after every commit, when all logs have been told.
    void on_commit(std::move_only_function<void()> listener) { on_commit_ = std::move(listener); }

private:
    struct Touched {
        StoredLog* log = nullptr;  // null once it is forgotten
        WalSequence group;
        model::Offset end;
    };
    struct Opened {
        WalSequence group;
        base::MonoTime at;
    };
    void handle_commit(base::Result<WalSequence> upto);

    io::Shard& shard_;
    const WalMode mode_;
    Statistics& statistics_;
    OnFailure on_failure_;
    std::move_only_function<void()> on_commit_;
    RingQueue<Touched> touched_;
    uint64_t forgotten_ = 0;    // how many were popped: touch number n is at n - forgotten_
    RingQueue<Opened> opened_;  // when the groups not yet committed got their first entry
    std::optional<base::Error> failed_;
    io::Signal progress_;
    std::unique_ptr<WriteAheadLog> wal_;
};

}  // namespace polylog::log

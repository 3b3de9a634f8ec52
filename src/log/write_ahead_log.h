#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/slice.h"
#include "io/shard.h"
#include "io/signal.h"
#include "log/wal_entry.h"
#include "log/wal_groups.h"
#include "log/wal_ring.h"

namespace polylog::log {

// One group commit file ring: where every change of a shard's logs becomes durable before it is
// acknowledged. docs/formats/write-ahead-log.md has the bytes. Lives on one shard.
//
// Entries are copied once, into slabs whose memory is what is written to disk and, afterwards, what
// the tail cache serves: `append` returns the batch's place in the slab. The open group closes when
// the previous write returns, or at the end of the loop's turn when none is under way: no timer.
//
// A group's header states which sequence was durable when it was written, and an idle log is sealed
// by an empty group; so recovery can tell a torn tail (cut, never acknowledged) from damage
// (refused).
//
// A failed write is never repeated: the log is failed for good and everything waiting learns it.
class WriteAheadLog {
public:
    // Told of every group in order, on the shard, once it is committed; then the owner advances its
    // logs. On failure called once with the error, after which nothing will ever commit.
    using OnCommit = std::move_only_function<void(base::Result<WalSequence> committed_upto)>;

    // A new, empty log, or one that continues after `last` (what replay_wal returned); every file
    // that is there already counts as used until it is released.
    static io::Task<base::Result<std::unique_ptr<WriteAheadLog>>> open(io::Shard& shard,
                                                                       WalOptions options,
                                                                       WalSequence last,
                                                                       OnCommit on_commit);
    WriteAheadLog(io::Shard& shard, WalOptions options, WalSequence last, OnCommit on_commit);

    // Adds an entry to the open group. Errors: disk_full when the ring is full and cannot grow or
    // be recycled (nothing was added: retriable; entries other than batches may use a small
    // reserve, and the disk's), message_too_large, io_failed once the log has failed.
    base::Result<WalPlace> append(const WalEntryHeader& header, base::Bytes payload);
    WalSequence committed_upto() const { return committed_; }
    // Closes the open group now, so that a checkpoint can name the cut: everything appended so far
    // is in groups at or below the result.
    WalSequence cut();
    // Groups at or below `upto` are in synced segments: their files may be written again.
    void release(WalSequence upto);
    // True when a checkpoint should be taken soon to keep the ring from filling: half of what it
    // may grow to is in use.
    bool wants_checkpoint() const { return ring_.used_files() * 2 > ring_.files_within_reach(); }
    struct Usage {
        uint64_t uncommitted_bytes = 0;  // appended, not yet on disk
        uint64_t disk_bytes = 0;         // the ring's files
        uint32_t used_files = 0;
        uint32_t files_max = 0;
    };
    Usage usage() const;
    // Waits for what was appended, seals, and stops. Appending afterwards is an error.
    io::Task<base::Result<void>> close();

private:
    io::Task<void> write_loop();
    io::Task<base::Result<void>> write_groups();
    bool has_room(size_t entry_bytes, uint64_t reserve_bytes, WalRing::Growth growth) const;
    void seal_when_idle();
    void give_up(base::Error error);

    io::Shard& shard_;
    const WalOptions options_;
    OnCommit on_commit_;
    WalGroups groups_;
    WalRing ring_;
    WalSequence committed_;
    bool writing_ = false;
    bool sealed_ = true;  // the last group written claims everything before it
    std::optional<base::Error> failed_;
    io::Signal work_;      // there may be something to write
    io::Signal progress_;  // a write returned, or the log failed
    io::Timer seal_timer_;
    io::TaskScope scope_;  // the write loop; last, so that it is destroyed first
};

// Replays a ring: calls `apply` for every entry of every group above `after`, in order, and returns
// the last sequence found. Reads with read-ahead; memory is bounded by two slabs. A torn tail ends
// the replay quietly. Errors: damaged (with file, position and what is missing: a group that had
// been durable does not read back, or the ring ends before `at_least`, the sequence a checkpoint
// proves to have existed), corrupt (a file of another data directory or an unknown version),
// io_failed.
struct WalReplay {
    WalSequence after;
    WalSequence at_least;
};
using ApplyEntry = std::move_only_function<io::Task<base::Result<void>>(WalEntryHeader header,
                                                                        base::Slice payload)>;
io::Task<base::Result<WalSequence>> replay_wal(io::Shard& shard, WalOptions options,
                                               WalReplay range, ApplyEntry apply);

}  // namespace polylog::log

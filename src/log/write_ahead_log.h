#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "io/shard.h"
#include "log/wal_entry.h"

namespace polylog::log {

// Numbers groups over the life of a write-ahead log, from 1, without gaps.
using WalSequence = base::Strong<struct WalSequenceTag, uint64_t>;

enum class WalMode : uint8_t {
    durable,   // direct writes with O_DSYNC: committed means it survives a power cut
    buffered,  // page cache: committed means it survives the death of the process
};

struct WalOptions {
    std::string directory;                       // relative to the data directory; created if missing
    base::Uuid data_directory_id;                // files that carry another id are refused, never replayed
    WalMode mode = WalMode::durable;
    uint64_t file_bytes = uint64_t{128} << 20;   // also bounds one entry: the largest batch plus 8 KiB
    uint32_t files_max = 8;                      // the ring's bound; a checkpoint must free one before a ninth
    size_t slab_bytes = size_t{1} << 20;
    size_t write_bytes_max = size_t{8} << 20;    // groups handed to the disk in one write
};

// One group commit file ring: where every change of a shard's logs becomes durable before it is
// acknowledged. docs/formats/write-ahead-log.md has the bytes. Lives on one shard.
//
// Entries are copied once, into slabs whose memory is what is written to disk and, afterwards, what the
// tail cache serves: `append` returns the batch's place in the slab. The open group closes when the
// previous write returns, or at the end of the loop's turn when none is under way: no timer.
//
// A group's header states which sequence was durable when it was written, and an idle log is sealed by an
// empty group; so recovery can tell a torn tail (cut, never acknowledged) from damage (refused).
//
// A failed write is never repeated: the log is failed for good and everything waiting learns it.
class WriteAheadLog {
public:
    struct Place {
        WalSequence group;     // the group that carries the entry
        base::Slice payload;   // the entry's payload inside the slab, writable until the group is written:
        base::MutableBytes bytes;  // where offsets and epochs are patched, in the same turn as append
    };
    // Told of every group in order, on the shard, once it is committed; then the owner advances its logs.
    // On failure called once with the error, after which nothing will ever commit.
    using OnCommit = std::move_only_function<void(base::Result<WalSequence> committed_upto)>;

    // A new, empty log, or one that continues after `last` (what recovery returned).
    static io::Task<base::Result<std::unique_ptr<WriteAheadLog>>> open(io::Shard& shard, WalOptions options,
                                                                       WalSequence last, OnCommit on_commit);
    ~WriteAheadLog();

    // Adds an entry to the open group. Errors: disk_full when the ring is full and cannot grow or be
    // recycled (nothing was added: retriable), message_too_large, io_failed once the log has failed.
    base::Result<Place> append(const WalEntryHeader& header, base::Bytes payload);
    // The sequence that the next append will belong to.
    WalSequence open_group() const;
    WalSequence committed_upto() const;
    // Closes the open group now, so that a checkpoint can name the cut: everything appended so far is in
    // groups at or below the result.
    WalSequence cut();
    // Groups at or below `upto` are in synced segments: their files may be written again.
    void release(WalSequence upto);
    // True when a checkpoint should be taken soon to keep the ring from filling (half of it is in use).
    bool wants_checkpoint() const;
    // Bytes of the ring in use, of those not yet committed, and the size of the ring on disk.
    struct Usage {
        uint64_t used_bytes = 0;
        uint64_t uncommitted_bytes = 0;
        uint64_t disk_bytes = 0;
    };
    Usage usage() const;
    // Waits for what was appended, seals, and stops. Appending afterwards is an error.
    io::Task<base::Result<void>> close();

private:
    class Impl;
    explicit WriteAheadLog(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// Replays a ring: calls `apply` for every entry of every group above `after`, in order, and returns the
// last sequence found. Reads with read-ahead; memory is bounded by two slabs. A torn tail ends the replay
// quietly. Errors: damaged (with file, position and what is missing: a group that had been durable does
// not read back, or the ring ends before `at_least`, the sequence a checkpoint proves to have existed),
// corrupt (a file of another data directory or an unknown version), io_failed.
struct WalReplay {
    WalSequence after;
    WalSequence at_least;
};
using ApplyEntry = std::move_only_function<io::Task<base::Result<void>>(WalEntryHeader header, base::Slice payload)>;
io::Task<base::Result<WalSequence>> replay_wal(io::Shard& shard, WalOptions options, WalReplay range,
                                               ApplyEntry apply);

}  // namespace polylog::log

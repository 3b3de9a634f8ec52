#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "io/task.h"
#include "model/ids.h"
#include "model/record_batch.h"
#include "model/topic_config.h"

namespace polylog::log {

class ProducerState;
class EpochHistory;

// Which records a read wants.
struct ReadRange {
    model::Offset from;  // the batch that contains it comes whole
    model::Offset upto;  // exclusive; no batch that ends at or above it is returned
    size_t max_bytes = 0;
    // The first batch comes even when it alone exceeds max_bytes (KIP-74).
    bool first_batch_always = true;
};

// Whole batches, in offset order. The slices stay valid as long as they are held, whatever the log
// does.
struct ReadBatches {
    std::vector<base::Slice> batches;  // each piece holds one or more whole batches
    size_t size_bytes = 0;
};

struct TimestampedOffset {
    model::Offset offset;
    int64_t timestamp_ms = -1;
    model::LeaderEpoch leader_epoch;

    bool operator==(const TimestampedOffset&) const = default;
};

// One partition's records on this broker: recent batches in memory (the tail), all of them in
// segment files, written behind. Owned by its shard's Storage; every call on that shard. Tasks must
// not outlive the storage. A log in trouble (failed write, damage) answers partition_offline and
// says why in its detail; its neighbours go on.
//
// Offsets: start <= flushed_end <= durable_end <= end, where end is the next offset to be given.
class Log {
public:
    struct Appended {
        model::Offset first;
        model::Offset last;
    };

    virtual ~Log() = default;
    virtual const model::TopicPartition& id() const = 0;

    // Appends one validated batch: gives it the offsets from end on and the leader epoch (patched
    // into the copy the log keeps), and records its producer. Returns at once; durable when
    // durable_end passes the last offset. Errors: disk_full, throttled (more waits to be written to
    // segments than memory allows), partition_offline, message_too_large, stale_leader_epoch (the
    // log has batches of a newer epoch).
    virtual base::Result<Appended> append(base::Bytes batch, model::LeaderEpoch epoch) = 0;
    // Appends a batch that already has its offsets and epoch (from a leader). Errors: as append;
    // invalid_request when it does not begin at end.
    virtual base::Result<Appended> append_replica(base::Bytes batch) = 0;
    // Forgets everything from `end` on; of a batch that spans it, everything. The change is durable
    // when the returned task is done. Below the log's start the log is empty and goes on at `end`.
    // Errors: disk_full, partition_offline.
    virtual io::Task<base::Result<void>> truncate(model::Offset end) = 0;
    // Deletes what lies before `start`; segments that fall empty are removed. Durable when the
    // returned task is done. Errors: offset_out_of_range above end, disk_full, partition_offline.
    virtual io::Task<base::Result<void>> advance_start(model::Offset start) = 0;

    // From memory, without suspending: nothing when any part of the answer lies in a file, or when
    // read() would fail.
    virtual std::optional<ReadBatches> read_tail(const ReadRange& range) = 0;
    // From memory or files; checksums are verified on what comes from files. Empty when from is at
    // upto or end. Errors: offset_out_of_range (below start or above end), corrupt (a damaged
    // batch: never served; says in which file and where), partition_offline, io_failed.
    virtual io::Task<base::Result<ReadBatches>> read(ReadRange range) = 0;
    // The first record at or after the time, exact inside its batch; batches that end at or above
    // `upto` do not count.
    virtual io::Task<base::Result<std::optional<TimestampedOffset>>> find_by_time(
        int64_t timestamp_ms, model::Offset upto) = 0;
    // The record with the greatest timestamp (the first of equals), of the same batches.
    virtual io::Task<base::Result<std::optional<TimestampedOffset>>> find_max_timestamp(
        model::Offset upto) = 0;

    struct Positions {
        model::Offset start;
        model::Offset flushed_end;
        model::Offset durable_end;
        model::Offset end;
        uint64_t size_bytes = 0;  // of the segments that hold start to end, written or about to be
    };
    virtual Positions positions() const = 0;
    // Kept with the log and restored with it, as of the last checkpoint after a crash; the
    // replication room decides it.
    virtual model::Offset high_watermark() const = 0;
    virtual void set_high_watermark(model::Offset high_watermark) = 0;

    virtual ProducerState& producers() = 0;
    virtual EpochHistory& epochs() = 0;
    // New values apply to the next append, roll and retention pass. Another durability takes some
    // milliseconds: batches appended meanwhile become durable, as the new one has it, together with
    // the next checkpoint.
    virtual void configure(std::shared_ptr<const model::TopicConfig> config) = 0;
    // Called on the shard whenever durable_end moved or the log went offline. One listener: the
    // partition. It must not drop the log before it has returned.
    virtual void on_durable(std::move_only_function<void()> listener) = 0;
    // Nothing, or why the log is offline.
    virtual std::optional<base::Error> offline() const = 0;
};

}  // namespace polylog::log

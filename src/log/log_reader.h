#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/result.h"
#include "io/task.h"
#include "log/batch_scan.h"
#include "log/log_files.h"
#include "log/log_state.h"

namespace polylog::log {

// Reads one log, from its files and its tail: what Log promises about reading. The log may change
// between any two steps; every step looks again. Lives on its storage's shard.
class LogReader {
public:
    LogReader(LogState& state, LogFiles& files, StorageContext& context)
        : state_(state), files_(files), context_(context) {}

    // As Log::read, but for the range's bounds, which are checked.
    io::Task<base::Result<ReadBatches>> read(ReadRange range);
    // As in Log.
    io::Task<base::Result<std::optional<TimestampedOffset>>> find_by_time(int64_t timestamp_ms,
                                                                          model::Offset upto);
    io::Task<base::Result<std::optional<TimestampedOffset>>> find_max_timestamp(model::Offset upto);

    // Where the batch that holds `offset` begins.
    struct Located {
        SegmentList::Pointer segment;
        uint32_t position = 0;
        model::Offset base;
    };
    io::Task<base::Result<Located>> locate(model::Offset offset);
    // The greatest timestamp of the segment's records from `from` on, in batches that end below
    // `upto`.
    io::Task<base::Result<LogState::Timestamps>> greatest(SegmentList::Pointer segment,
                                                          model::Offset from, model::Offset upto);

private:
    class Walk;
    struct Collected;
    using Found = std::optional<TimestampedOffset>;

    // Another one when batches have been taken back or deleted: what was read may be gone.
    std::pair<uint64_t, model::Offset> version() const { return {state_.cuts, state_.start}; }

    io::Task<base::Result<Found>> search_by_time(int64_t timestamp_ms, model::Offset upto);
    io::Task<base::Result<Found>> search_max_timestamp(model::Offset upto);
    // A scan whose next() gives the batch that holds `offset`, which is in the segment's file.
    io::Task<base::Result<BatchScan>> scan_at(SegmentList::Pointer segment, model::Offset offset,
                                              size_t piece_bytes);
    io::Task<base::Result<BatchScan>> scan_from_index(SegmentList::Pointer segment,
                                                      model::Offset offset, size_t piece_bytes);
    io::Task<base::Result<void>> collect_from_file(Collected& collected);
    void collect_from_tail(Collected& collected) const;
    base::Result<void> check_epoch(const model::BatchView& batch, const Segment& segment) const;
    io::Task<base::Result<std::optional<TimestampedOffset>>> first_in_segment(
        SegmentList::Pointer segment, int64_t timestamp_ms, model::Offset upto);
    base::Result<std::optional<TimestampedOffset>> first_in_batch(const model::BatchView& batch,
                                                                  int64_t timestamp_ms,
                                                                  model::Offset from);

    base::Result<int64_t> greatest_in_batch(const model::BatchView& batch, model::Offset from);
    // Valid until the next call.
    base::Result<base::Bytes> decompressed(const model::BatchView& batch);

    LogState& state_;
    LogFiles& files_;
    StorageContext& context_;
};

}  // namespace polylog::log

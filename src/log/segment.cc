#include "log/segment.h"

#include <algorithm>

namespace polylog::log {

using model::BatchView;
using model::Offset;

Segment::Segment(const SegmentRecord& record)
    : base(record.base),
      size_bytes(record.size_bytes),
      written_bytes(record.size_bytes),
      allocated_bytes(record.size_bytes),
      first_timestamp_ms(record.first_timestamp_ms),
      max_timestamp_ms(record.max_timestamp_ms),
      indexed_from(record.size_bytes),
      last_indexed_(kIndexNext) {}

uint32_t Segment::add(const BatchView& batch, uint32_t index_interval_bytes) {
    const uint32_t position = size_bytes;
    if (position == 0) first_timestamp_ms = batch.max_timestamp_ms();
    if (batch.max_timestamp_ms() > max_timestamp_ms) {
        max_timestamp_ms = batch.max_timestamp_ms();
        max_timestamp_offset = batch.last_offset();
    }
    // The first batch behind what the indexes do not know gets an entry, so that they are complete
    // from there on.
    if (last_indexed_ == kIndexNext || position - last_indexed_ >= index_interval_bytes) {
        if (position > 0) {
            offsets.append(
                {.relative_offset = relative(batch.base_offset()), .position = position});
            if (max_timestamp_offset >= base) {
                times.append({.timestamp_ms = max_timestamp_ms,
                              .relative_offset = relative(max_timestamp_offset)});
            }
        }
        last_indexed_ = position;
    }
    size_bytes += static_cast<uint32_t>(batch.size_bytes());
    finished = false;
    return position;
}

void Segment::truncate(uint32_t position, Offset end) {
    size_bytes = position;
    written_bytes = std::min(written_bytes, position);
    offsets.truncate(position);
    times.truncate(relative(end));
    indexed_from = std::min(indexed_from, position);
    last_indexed_ = offsets.entries().empty() ? (indexed_from == 0 ? 0 : kIndexNext)
                                              : offsets.entries().back().position;
    finished = false;
}

void Segment::take_indexes(Segment&& rebuilt) {
    offsets = std::move(rebuilt.offsets);
    times = std::move(rebuilt.times);
    indexed_from = 0;
    last_indexed_ = rebuilt.last_indexed_;
}

void Segment::forget_indexes() {
    offsets = {};
    times = {};
    indexed_from = size_bytes;
    last_indexed_ = kIndexNext;
}

SegmentRecord Segment::record() const {
    return {.base = base,
            .size_bytes = size_bytes,
            .first_timestamp_ms = first_timestamp_ms,
            .max_timestamp_ms = max_timestamp_ms};
}

}  // namespace polylog::log

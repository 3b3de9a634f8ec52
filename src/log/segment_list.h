#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "log/segment.h"
#include "model/topic_config.h"

namespace polylog::log {

// How many bytes at least lie between two batches with an index entry: reading goes in larger
// pieces anyway, and a full segment's indexes stay below a megabyte.
inline uint32_t index_interval_bytes(const model::TopicConfig& config) {
    constexpr int32_t kMin = 32 << 10;
    return static_cast<uint32_t>(std::max(config.index_interval_bytes, kMin));
}

// The segments of one log in offset order, without a gap between them. There is always one, the
// active one, at the end; only it may be empty. Part of its log, on the log's shard.
class SegmentList {
public:
    using Pointer = std::shared_ptr<Segment>;

    explicit SegmentList(model::Offset start) { roll(start); }
    // As the last checkpoint knew them; `end` is where the log ends.
    SegmentList(const std::vector<SegmentRecord>& records, model::Offset end);

    const std::vector<Pointer>& all() const { return segments_; }
    const Pointer& active() const { return segments_.back(); }
    // The one that holds the offset; the active one for what lies behind everything. Not below the
    // first.
    const Pointer& find(model::Offset offset) const;
    // Whether it has not been removed.
    bool contains(const Segment& segment) const;
    // Where the segment's offsets end, in a log that ends at `log_end`.
    model::Offset end_of(const Segment& segment, model::Offset log_end) const;
    uint64_t size_bytes() const { return size_bytes_; }

    // Gives the next batch its position, in a new segment where the configuration asks for one.
    uint32_t add(const model::BatchView& batch, const model::TopicConfig& config);
    // Ends the active segment, unless it is empty; what follows begins at `end`.
    void roll(model::Offset end);
    // Forgets what lies behind `end`, which is at `position` in its segment. Returns the segments
    // that went.
    std::vector<Pointer> truncate(model::Offset end, uint32_t position);
    // Removes and returns the segments that lie wholly below `start`.
    std::vector<Pointer> remove_before(model::Offset start, model::Offset log_end);

private:
    bool must_roll(const model::BatchView& batch, const model::TopicConfig& config) const;

    std::vector<Pointer> segments_;
    uint64_t size_bytes_ = 0;
};

}  // namespace polylog::log

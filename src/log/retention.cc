#include "log/retention.h"

namespace polylog::log {

using model::Offset;
using model::TopicConfig;

namespace {

bool has_expired(const Segment& segment, const TopicConfig& config, int64_t now_ms) {
    return config.retention_ms != TopicConfig::kUnlimited && segment.max_timestamp_ms >= 0 &&
           now_ms - segment.max_timestamp_ms > config.retention_ms;
}

// `excess` is how many bytes the log has above its limit.
bool is_surplus(const Segment& segment, const TopicConfig& config, int64_t excess) {
    return config.retention_bytes != TopicConfig::kUnlimited && excess >= segment.size_bytes;
}

}  // namespace

Offset retention_start(const LogState& state, int64_t now_ms, Offset upto) {
    const TopicConfig& config = *state.config;
    Offset start = state.start;
    if (!config.delete_expired) return start;
    int64_t excess = static_cast<int64_t>(state.segments.size_bytes()) - config.retention_bytes;
    for (const SegmentList::Pointer& segment : state.segments.all()) {
        const Offset end = state.segments.end_of(*segment, state.end);
        const bool active = segment == state.segments.active();
        const bool goes = has_expired(*segment, config, now_ms) ||
                          (!active && is_surplus(*segment, config, excess));
        if (!goes || segment->size_bytes == 0 || end > upto) break;
        excess -= segment->size_bytes;
        start = end;
    }
    return start;
}

}  // namespace polylog::log

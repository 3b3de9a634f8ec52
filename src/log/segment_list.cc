#include "log/segment_list.h"

#include <algorithm>

#include "base/check.h"

namespace polylog::log {

using model::BatchView;
using model::Offset;
using model::TopicConfig;

namespace {

constexpr int64_t kSegmentBytesMax = INT32_MAX;
constexpr int64_t kRelativeOffsetMax = INT32_MAX;
constexpr size_t kIndexEntryBytes = 8;

// Spreads the rolls of segments that were begun together; the same for a segment every time it is
// asked.
int64_t jitter_ms(Offset base, const TopicConfig& config) {
    if (config.segment_jitter_ms <= 0) return 0;
    const uint64_t scrambled = (static_cast<uint64_t>(base.value) + 1) * 0x9E3779B97F4A7C15ull;
    return static_cast<int64_t>((scrambled >> 16) %
                                static_cast<uint64_t>(config.segment_jitter_ms));
}

}  // namespace

SegmentList::SegmentList(const std::vector<SegmentRecord>& records, Offset end) {
    for (const SegmentRecord& record : records) {
        segments_.push_back(std::make_shared<Segment>(record));
        size_bytes_ += record.size_bytes;
    }
    // A checkpoint is written only when what is full has been finished.
    for (size_t i = 0; i + 1 < segments_.size(); ++i) segments_[i]->finished = true;
    if (segments_.empty()) roll(end);
}

const SegmentList::Pointer& SegmentList::find(Offset offset) const {
    const auto after = std::ranges::upper_bound(segments_, offset, {},
                                                [](const Pointer& s) { return s->base; });
    CHECK(after != segments_.begin());
    return *std::prev(after);
}

bool SegmentList::contains(const Segment& segment) const {
    return std::ranges::any_of(segments_, [&](const Pointer& s) { return s.get() == &segment; });
}

Offset SegmentList::end_of(const Segment& segment, Offset log_end) const {
    const auto after = std::ranges::upper_bound(segments_, segment.base, {},
                                                [](const Pointer& s) { return s->base; });
    return after == segments_.end() ? log_end : (*after)->base;
}

bool SegmentList::must_roll(const BatchView& batch, const TopicConfig& config) const {
    const Segment& current = *active();
    if (current.size_bytes == 0) return false;
    const int64_t size_bytes = int64_t{current.size_bytes} +
                               static_cast<int64_t>(batch.size_bytes());
    if (size_bytes > std::min<int64_t>(config.segment_bytes, kSegmentBytesMax)) return true;
    if (batch.last_offset().value - current.base.value > kRelativeOffsetMax) return true;
    const auto index_entries_max = static_cast<size_t>(config.segment_index_bytes) /
                                   kIndexEntryBytes;
    if (current.offsets.entries().size() >= index_entries_max) return true;
    if (batch.max_timestamp_ms() < 0 || current.first_timestamp_ms < 0) return false;
    return batch.max_timestamp_ms() - current.first_timestamp_ms >
           config.segment_ms - std::min(config.segment_ms, jitter_ms(current.base, config));
}

uint32_t SegmentList::add(const BatchView& batch, const TopicConfig& config) {
    if (must_roll(batch, config)) roll(batch.base_offset());
    size_bytes_ += batch.size_bytes();
    return active()->add(batch, index_interval_bytes(config));
}

void SegmentList::roll(Offset end) {
    if (!segments_.empty() && active()->size_bytes == 0) segments_.pop_back();
    segments_.push_back(std::make_shared<Segment>(end));
}

std::vector<SegmentList::Pointer> SegmentList::truncate(Offset end, uint32_t position) {
    std::vector<Pointer> removed;
    while (segments_.size() > 1 && active()->base > end) {
        size_bytes_ -= active()->size_bytes;
        removed.push_back(std::move(segments_.back()));
        segments_.pop_back();
    }
    size_bytes_ -= active()->size_bytes - position;
    active()->truncate(position, end);
    return removed;
}

std::vector<SegmentList::Pointer> SegmentList::remove_before(Offset start, Offset log_end) {
    if (start == log_end) roll(log_end);
    const auto kept = std::ranges::find_if(segments_, [&](const Pointer& s) {
        return s == active() || end_of(*s, log_end) > start;
    });
    std::vector<Pointer> removed(std::move_iterator(segments_.begin()), std::move_iterator(kept));
    segments_.erase(segments_.begin(), kept);
    for (const Pointer& segment : removed) size_bytes_ -= segment->size_bytes;
    return removed;
}

}  // namespace polylog::log

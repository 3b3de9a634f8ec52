#include "log/time_index.h"

#include <algorithm>

namespace polylog::log {

namespace {

using Entries = std::vector<TimeIndex::Entry>;

std::optional<TimeIndex::Entry> last_before(const Entries& entries, Entries::const_iterator end) {
    if (end == entries.begin()) return std::nullopt;
    return *std::prev(end);
}

}  // namespace

void TimeIndex::append(Entry entry) {
    if (!entries_.empty() && entry.timestamp_ms <= entries_.back().timestamp_ms) return;
    entries_.push_back(entry);
}

std::optional<TimeIndex::Entry> TimeIndex::below(int64_t timestamp_ms) const {
    return last_before(entries_,
                       std::ranges::lower_bound(entries_, timestamp_ms, {}, &Entry::timestamp_ms));
}

std::optional<TimeIndex::Entry> TimeIndex::before(uint32_t relative_offset) const {
    return last_before(entries_, std::ranges::lower_bound(entries_, relative_offset, {},
                                                          &Entry::relative_offset));
}

void TimeIndex::truncate(uint32_t relative_offset) {
    entries_.erase(std::ranges::lower_bound(entries_, relative_offset, {}, &Entry::relative_offset),
                   entries_.end());
}

void TimeIndex::prepend(const TimeIndex& earlier) {
    entries_.insert(entries_.begin(), earlier.entries_.begin(), earlier.entries_.end());
}

}  // namespace polylog::log

#include "log/offset_index.h"

#include <algorithm>

#include "base/check.h"

namespace polylog::log {

void OffsetIndex::append(Entry entry) {
    CHECK(entries_.empty() || (entry.relative_offset > entries_.back().relative_offset &&
                               entry.position > entries_.back().position));
    entries_.push_back(entry);
}

std::optional<OffsetIndex::Entry> OffsetIndex::floor(uint32_t relative_offset) const {
    const auto after = std::ranges::upper_bound(entries_, relative_offset, {},
                                                &Entry::relative_offset);
    if (after == entries_.begin()) return std::nullopt;
    return *std::prev(after);
}

void OffsetIndex::truncate(uint32_t position) {
    entries_.erase(std::ranges::lower_bound(entries_, position, {}, &Entry::position),
                   entries_.end());
}

void OffsetIndex::prepend(const OffsetIndex& earlier) {
    entries_.insert(entries_.begin(), earlier.entries_.begin(), earlier.entries_.end());
}

}  // namespace polylog::log

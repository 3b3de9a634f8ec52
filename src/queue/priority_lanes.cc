#include "queue/priority_lanes.h"

#include <bit>

namespace polylog::queue {

using model::Offset;

void PriorityLanes::mark(uint8_t level) {
    const uint64_t bit = uint64_t{1} << (level % 64);
    uint64_t& word = occupied_[level / 64];
    word = lanes_[level].empty() ? word & ~bit : word | bit;
}

void PriorityLanes::add(const Place& place) {
    if (place.level >= lanes_.size()) lanes_.resize(size_t{place.level} + 1);
    lanes_[place.level].insert(place.offset);
    mark(place.level);
}

void PriorityLanes::remove(const Place& place) {
    if (place.level >= lanes_.size()) return;
    lanes_[place.level].erase(place.offset);
    mark(place.level);
}

void PriorityLanes::remove_below(Offset offset) {
    for (size_t level = 0; level < lanes_.size(); ++level) {
        lanes_[level].erase_below(offset);
        mark(static_cast<uint8_t>(level));
    }
}

void PriorityLanes::clear() {
    lanes_.clear();
    occupied_ = {};
}

std::optional<PriorityLanes::Place> PriorityLanes::next() const {
    for (size_t word = occupied_.size(); word-- > 0;) {
        if (occupied_[word] == 0) continue;
        const auto level = word * 64 + 63 - static_cast<size_t>(std::countl_zero(occupied_[word]));
        return Place{.offset = lanes_[level].first(), .level = static_cast<uint8_t>(level)};
    }
    return std::nullopt;
}

size_t PriorityLanes::size_bytes() const {
    size_t size = sizeof(*this) + lanes_.capacity() * sizeof(OffsetSet);
    for (const OffsetSet& lane : lanes_) size += lane.size_bytes();
    return size;
}

}  // namespace polylog::queue

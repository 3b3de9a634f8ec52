#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/ids.h"
#include "queue/offset_set.h"

namespace polylog::queue {

// The ready messages of a queue with priorities, one lane for each of up to 256 levels: what is
// next comes from the highest lane, there in the order of offsets. Its owner tells it every message
// that becomes ready or stops being ready, with the level it was sent with. Lives on the
// partition's shard; 0.13 to 2 bytes a message (OffsetSet) and 64 a level.
class PriorityLanes {
public:
    struct Place {
        model::Offset offset;
        uint8_t level = 0;  // 0 lowest

        bool operator==(const Place&) const = default;
    };

    // Adding what is there, or removing what is not, changes nothing.
    void add(const Place& place);
    void remove(const Place& place);
    // Everything below is settled.
    void remove_below(model::Offset offset);
    void clear();

    std::optional<Place> next() const;
    uint64_t count(uint8_t level) const {
        return level < lanes_.size() ? lanes_[level].count() : 0;
    }
    size_t size_bytes() const;

private:
    void mark(uint8_t level);

    std::vector<OffsetSet> lanes_;        // up to the highest level that was used
    std::array<uint64_t, 4> occupied_{};  // a bit for each lane that is not empty
};

}  // namespace polylog::queue

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "model/ids.h"

namespace polylog::queue {

// Offsets in order: two bytes each where they are sparse, one bit where they are dense. Blocks of
// 65,536 offsets hold a sorted array of up to 4,096 or a bitmap. (The containers of roaring
// bitmaps, Lemire et al. 2016.)
class OffsetSet {
public:
    // Each says whether it changed anything.
    bool insert(model::Offset offset);
    bool erase(model::Offset offset);
    void erase_below(model::Offset offset);
    bool contains(model::Offset offset) const;

    bool empty() const { return blocks_.empty(); }
    uint64_t count() const { return count_; }
    // The set is not empty.
    model::Offset first() const;
    size_t size_bytes() const;

private:
    static constexpr int64_t kBlockOffsets = 65'536;
    static constexpr size_t kArrayMax = 4'096;
    using Bitmap = std::array<uint64_t, kBlockOffsets / 64>;
    struct Block {
        // From `begin` on, sorted; empty when there is a bitmap. What is taken from the front
        // leaves a gap there, which is closed now and then.
        std::vector<uint16_t> array;
        size_t begin = 0;
        std::unique_ptr<Bitmap> bitmap;
        size_t first_word = 0;  // of the bitmap that may not be zero
        uint32_t count = 0;

        bool insert(uint16_t position);
        bool erase(uint16_t position);
        bool contains(uint16_t position) const;
        uint16_t first() const;
        void to_bitmap();
        void compact();
    };

    std::map<int64_t, Block> blocks_;  // by offset / kBlockOffsets; none is empty
    uint64_t count_ = 0;
};

}  // namespace polylog::queue

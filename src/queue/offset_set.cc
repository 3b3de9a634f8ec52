#include "queue/offset_set.h"

#include <algorithm>
#include <bit>

namespace polylog::queue {

using model::Offset;

namespace {

constexpr uint64_t bit_of(uint16_t position) {
    return uint64_t{1} << (position % 64);
}

}  // namespace

bool OffsetSet::Block::contains(uint16_t position) const {
    if (bitmap) return ((*bitmap)[position / 64] & bit_of(position)) != 0;
    return std::binary_search(array.begin() + static_cast<ptrdiff_t>(begin), array.end(), position);
}

void OffsetSet::Block::compact() {
    array.erase(array.begin(), array.begin() + static_cast<ptrdiff_t>(begin));
    begin = 0;
}

void OffsetSet::Block::to_bitmap() {
    bitmap = std::make_unique<Bitmap>();
    for (size_t i = begin; i < array.size(); ++i) (*bitmap)[array[i] / 64] |= bit_of(array[i]);
    first_word = array[begin] / 64;
    array = std::vector<uint16_t>();
    begin = 0;
}

bool OffsetSet::Block::insert(uint16_t position) {
    if (contains(position)) return false;
    if (!bitmap && count == kArrayMax) to_bitmap();
    ++count;
    if (bitmap) {
        (*bitmap)[position / 64] |= bit_of(position);
        first_word = std::min<size_t>(first_word, position / 64);
        return true;
    }
    const auto front = array.begin() + static_cast<ptrdiff_t>(begin);
    if (begin > 0 && (front == array.end() || position < *front)) {
        array[--begin] = position;
        return true;
    }
    array.insert(std::upper_bound(front, array.end(), position), position);
    return true;
}

bool OffsetSet::Block::erase(uint16_t position) {
    if (!contains(position)) return false;
    --count;
    if (bitmap) {
        (*bitmap)[position / 64] &= ~bit_of(position);
        while (count > 0 && (*bitmap)[first_word] == 0) ++first_word;
        return true;
    }
    if (array[begin] == position) {
        if (++begin * 2 > array.size()) compact();
        return true;
    }
    array.erase(
        std::lower_bound(array.begin() + static_cast<ptrdiff_t>(begin), array.end(), position));
    return true;
}

uint16_t OffsetSet::Block::first() const {
    if (!bitmap) return array[begin];
    return static_cast<uint16_t>(first_word * 64 +
                                 static_cast<size_t>(std::countr_zero((*bitmap)[first_word])));
}

bool OffsetSet::insert(Offset offset) {
    Block& block = blocks_[offset.value / kBlockOffsets];
    if (!block.insert(static_cast<uint16_t>(offset.value % kBlockOffsets))) return false;
    ++count_;
    return true;
}

bool OffsetSet::erase(Offset offset) {
    const auto block = blocks_.find(offset.value / kBlockOffsets);
    if (block == blocks_.end()) return false;
    if (!block->second.erase(static_cast<uint16_t>(offset.value % kBlockOffsets))) return false;
    if (block->second.count == 0) blocks_.erase(block);
    --count_;
    return true;
}

void OffsetSet::erase_below(Offset offset) {
    const auto whole = blocks_.lower_bound(offset.value / kBlockOffsets);
    for (auto block = blocks_.begin(); block != whole; block = blocks_.erase(block)) {
        count_ -= block->second.count;
    }
    while (!empty() && first() < offset) erase(first());
}

bool OffsetSet::contains(Offset offset) const {
    const auto block = blocks_.find(offset.value / kBlockOffsets);
    return block != blocks_.end() &&
           block->second.contains(static_cast<uint16_t>(offset.value % kBlockOffsets));
}

Offset OffsetSet::first() const {
    const auto& [index, block] = *blocks_.begin();
    return {index * kBlockOffsets + block.first()};
}

size_t OffsetSet::size_bytes() const {
    size_t size = 0;
    for (const auto& [index, block] : blocks_) {
        size += sizeof(block) + 5 * sizeof(void*) + block.array.capacity() * sizeof(uint16_t);
        if (block.bitmap) size += sizeof(Bitmap);
    }
    return size;
}

}  // namespace polylog::queue

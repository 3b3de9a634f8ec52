#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/slice.h"

namespace polylog::sim {

constexpr uint64_t kBlockBytes = 4096;  // what the page cache writes back as one
constexpr uint64_t kSectorBytes = 512;  // what a disk writes as one, even when its power goes

// The blocks that hold `size_bytes` bytes.
constexpr uint64_t blocks_for(uint64_t size_bytes) {
    return (size_bytes + kBlockBytes - 1) / kBlockBytes;
}

// A file's bytes, as blocks that images share until one of them writes: a copy of a block costs a
// reference. A block never written is a hole and reads as zeros, as does the rest of the last
// block.
class FileImage {
public:
    uint64_t size() const { return size_; }
    // Returns how many bytes there were to read.
    size_t read(uint64_t position, base::MutableBytes into) const;
    // Grows the file as needed.
    void write(uint64_t position, base::Bytes bytes);
    // Cuts, or adds a hole.
    void resize(uint64_t size_bytes);
    // Grows to size_bytes if smaller; the stored blocks must be zeros beyond it.
    void extend(uint64_t size_bytes) { size_ = size_ < size_bytes ? size_bytes : size_; }

    // Does nothing beyond the end.
    void flip_bits(uint64_t position, std::byte bits);

    // Null for a hole.
    const base::Buffer& block(uint64_t index) const;
    // Does not change the size: what the block holds beyond it must go with resize() or be taken in
    // with extend().
    void set_block(uint64_t index, base::Buffer block);
    // One past the last block that may be stored.
    uint64_t block_end() const { return blocks_.size(); }
    std::string text() const;

private:
    std::byte* writable_block(uint64_t index, bool keep_bytes);

    uint64_t size_ = 0;
    std::vector<base::Buffer> blocks_;
};

}  // namespace polylog::sim

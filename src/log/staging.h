#pragma once

#include <vector>

#include "base/slice.h"
#include "io/disk.h"

namespace polylog::log {

// Aligned buffers through which batches go into segment files; reused, so that writing behind
// touches no fresh pages. Lives on its storage's shard.
class Staging {
public:
    explicit Staging(size_t buffer_bytes) : buffer_bytes_(buffer_bytes) {}

    size_t buffer_bytes() const { return buffer_bytes_; }
    base::Buffer take() {
        if (free_.empty()) return base::Buffer::allocate(buffer_bytes_, io::kDirectAlignment);
        base::Buffer buffer = std::move(free_.back());
        free_.pop_back();
        return buffer;
    }
    // A buffer that the kernel may still be reading, because its write was dropped, is not kept.
    void give_back(base::Buffer buffer) {
        if (buffer.unique()) free_.push_back(std::move(buffer));
    }

private:
    const size_t buffer_bytes_;
    std::vector<base::Buffer> free_;
};

}  // namespace polylog::log

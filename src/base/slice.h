#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace polylog::base {

// Views of bytes that somebody else owns.
using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

// The same bytes under the other type.
inline Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A block of memory shared by counting references; freed with the last one. The count is atomic
// because slices cross shards; the bytes may be written only by the one owner that has not shared
// them yet. Immovable once allocated: views into it stay valid while any reference lives.
class Buffer {
public:
    Buffer() = default;
    Buffer(const Buffer& other) noexcept : block_(other.block_) { retain(); }
    Buffer(Buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    Buffer& operator=(Buffer other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~Buffer() { release(); }

    // size_bytes of uninitialised memory at an address that is a multiple of `alignment` (a power
    // of two).
    static Buffer allocate(size_t size_bytes, size_t alignment = alignof(std::max_align_t));
    static Buffer copy_of(Bytes bytes);

    explicit operator bool() const { return block_ != nullptr; }
    size_t size() const { return block_ ? block_->size : 0; }
    const std::byte* data() const { return block_ ? block_->bytes : nullptr; }
    std::byte* writable_data() { return block_ ? block_->bytes : nullptr; }
    MutableBytes writable() { return {writable_data(), size()}; }
    Bytes bytes() const { return {data(), size()}; }
    // True when nobody else can see the bytes, so patching them in place is safe.
    bool unique() const {
        return block_ && block_->references.load(std::memory_order_acquire) == 1;
    }

private:
    struct Block {
        std::atomic<uint32_t> references{1};
        size_t size = 0;
        std::byte* bytes = nullptr;
    };
    explicit Buffer(Block* block) : block_(block) {}
    void retain() const {
        if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
    }
    void release() {
        if (block_ && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            free_block(block_);
        }
    }
    static void free_block(Block* block);

    Block* block_ = nullptr;
};

// A view of part of a Buffer that keeps the Buffer alive: how record batches travel from the socket
// to the log, the cache, replicas and consumers without a copy. 32 bytes; copying costs one atomic
// add.
class Slice {
public:
    Slice() = default;
    explicit Slice(Buffer buffer) : buffer_(std::move(buffer)), bytes_(buffer_.bytes()) {}
    Slice(Buffer buffer, Bytes bytes) : buffer_(std::move(buffer)), bytes_(bytes) {}
    static Slice copy_of(Bytes bytes) { return Slice(Buffer::copy_of(bytes)); }
    static Slice copy_of(std::string_view text) { return copy_of(as_bytes(text)); }

    size_t size() const { return bytes_.size(); }
    bool empty() const { return bytes_.empty(); }
    const std::byte* data() const { return bytes_.data(); }
    Bytes bytes() const { return bytes_; }
    std::string_view text() const { return as_text(bytes_); }
    const Buffer& buffer() const { return buffer_; }

    // The part [position, position + size_bytes); must lie inside this slice.
    Slice part(size_t position, size_t size_bytes) const {
        CHECK(position <= size() && size_bytes <= size() - position);
        return Slice(buffer_, bytes_.subspan(position, size_bytes));
    }
    // `inner` must be a view into this slice, such as a field that a decoder returned.
    Slice around(Bytes inner) const { return Slice(buffer_, inner); }

private:
    Buffer buffer_;
    Bytes bytes_;
};

}  // namespace polylog::base

#include "base/slice.h"

#include <cstdlib>
#include <new>

namespace polylog::base {

Buffer Buffer::allocate(size_t size_bytes, size_t alignment) {
    CHECK((alignment & (alignment - 1)) == 0);
    // The block header sits behind the bytes, so that an aligned buffer wastes no leading page.
    const size_t align = alignment < alignof(Block) ? alignof(Block) : alignment;
    const size_t payload = (size_bytes + alignof(Block) - 1) / alignof(Block) * alignof(Block);
    const size_t total = (payload + sizeof(Block) + align - 1) / align * align;
    void* memory = std::aligned_alloc(align, total);
    CHECK(memory != nullptr);
    auto* bytes = static_cast<std::byte*>(memory);
    auto* block = new (bytes + payload) Block;
    block->size = size_bytes;
    block->bytes = bytes;
    return Buffer(block);
}

Buffer Buffer::copy_of(Bytes bytes) {
    Buffer buffer = allocate(bytes.size());
    if (!bytes.empty()) std::memcpy(buffer.writable_data(), bytes.data(), bytes.size());
    return buffer;
}

void Buffer::free_block(Block* block) {
    std::byte* bytes = block->bytes;
    block->~Block();
    std::free(bytes);
}

}  // namespace polylog::base

#include "io/sim/file_image.h"

#include <algorithm>
#include <cstring>

namespace polylog::sim {

using base::Buffer;

size_t FileImage::read(uint64_t position, base::MutableBytes into) const {
    if (position >= size_) return 0;
    const size_t count = static_cast<size_t>(std::min<uint64_t>(into.size(), size_ - position));
    for (size_t done = 0; done < count;) {
        const uint64_t at = position + done;
        const size_t offset = at % kBlockBytes;
        const size_t piece = std::min<size_t>(count - done, kBlockBytes - offset);
        const Buffer& stored = block(at / kBlockBytes);
        if (stored) {
            std::memcpy(into.data() + done, stored.data() + offset, piece);
        } else {
            std::memset(into.data() + done, 0, piece);
        }
        done += piece;
    }
    return count;
}

void FileImage::write(uint64_t position, base::Bytes bytes) {
    for (size_t done = 0; done < bytes.size();) {
        const uint64_t at = position + done;
        const size_t offset = at % kBlockBytes;
        const size_t piece = std::min<size_t>(bytes.size() - done, kBlockBytes - offset);
        std::byte* block = writable_block(at / kBlockBytes, piece < kBlockBytes);
        std::memcpy(block + offset, bytes.data() + done, piece);
        done += piece;
    }
    if (!bytes.empty()) size_ = std::max(size_, position + bytes.size());
}

void FileImage::resize(uint64_t size_bytes) {
    if (blocks_.size() > blocks_for(size_bytes)) blocks_.resize(blocks_for(size_bytes));
    const size_t tail = size_bytes % kBlockBytes;
    const uint64_t last = size_bytes / kBlockBytes;
    if (tail != 0 && block(last))
        std::memset(writable_block(last, true) + tail, 0, kBlockBytes - tail);
    size_ = size_bytes;
}

void FileImage::flip_bits(uint64_t position, std::byte bits) {
    std::byte byte{};
    if (read(position, {&byte, 1}) == 0) return;
    byte ^= bits;
    write(position, {&byte, 1});
}

const Buffer& FileImage::block(uint64_t index) const {
    static const Buffer kHole;
    return index < blocks_.size() ? blocks_[index] : kHole;
}

void FileImage::set_block(uint64_t index, Buffer block) {
    if (index >= blocks_.size()) blocks_.resize(index + 1);
    blocks_[index] = std::move(block);
}

std::string FileImage::text() const {
    std::string text(size_, '\0');
    read(0, std::as_writable_bytes(std::span(text)));
    return text;
}

std::byte* FileImage::writable_block(uint64_t index, bool keep_bytes) {
    if (index >= blocks_.size()) blocks_.resize(index + 1);
    Buffer& stored = blocks_[index];
    if (!stored.unique()) {
        Buffer fresh = Buffer::allocate(kBlockBytes);
        if (keep_bytes) {
            if (stored) {
                std::memcpy(fresh.writable_data(), stored.data(), kBlockBytes);
            } else {
                std::memset(fresh.writable_data(), 0, kBlockBytes);
            }
        }
        stored = std::move(fresh);
    }
    return stored.writable_data();
}

}  // namespace polylog::sim

#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/bytes.h"
#include "base/slice.h"
#include "base/varint.h"

namespace polylog::base {

// Builds a byte sequence by appending; the counterpart of ByteReader. Grows by doubling; the
// finished bytes leave as a Slice without a copy. Integer widths are always spelled out:
//
//     ByteWriter writer;
//     writer.be<int16_t>(version);
//     writer.uvarint(static_cast<uint32_t>(name.size()));
//     writer.text(name);
//     Slice record = writer.finish();
class ByteWriter {
public:
    explicit ByteWriter(size_t expected_bytes = 0) {
        if (expected_bytes > 0) buffer_ = Buffer::allocate(expected_bytes);
    }

    template <std::integral T>
    void be(std::type_identity_t<T> value) {
        store_be<T>(room(sizeof(T)), value);
        size_bytes_ += sizeof(T);
    }
    // In our own files.
    template <std::integral T>
    void le(std::type_identity_t<T> value) {
        store_le<T>(room(sizeof(T)), value);
        size_bytes_ += sizeof(T);
    }
    // Overwrites what be<T>() wrote at `position`: a length known only afterwards.
    template <std::integral T>
    void patch_be(size_t position, std::type_identity_t<T> value) {
        CHECK(position <= size_bytes_ && sizeof(T) <= size_bytes_ - position);
        store_be<T>(buffer_.writable_data() + position, value);
    }

    void uvarint(uint32_t value) { encode(value); }
    void uvarlong(uint64_t value) { encode(value); }
    void varint(int32_t value) { encode(zigzag(value)); }
    void varlong(int64_t value) { encode(zigzag(value)); }

    void bytes(Bytes bytes) {
        if (bytes.empty()) return;
        std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
        size_bytes_ += bytes.size();
    }
    void text(std::string_view text) { bytes(as_bytes(text)); }

    size_t size_bytes() const { return size_bytes_; }
    // A view that the next append invalidates.
    Bytes written() const { return buffer_.bytes().first(size_bytes_); }
    // What was written so far; the writer is empty afterwards.
    Slice finish() {
        const Bytes bytes = written();
        size_bytes_ = 0;
        return Slice(std::move(buffer_), bytes);
    }

private:
    static constexpr size_t kFirstCapacityBytes = 256;

    template <VarintNumber T>
    void encode(T value) {
        size_bytes_ += encode_varint(room(kMaxVarintBytes<T>), value);
    }
    // Where the next `wanted_bytes` go.
    std::byte* room(size_t wanted_bytes) {
        if (wanted_bytes > buffer_.size() - size_bytes_) [[unlikely]]
            grow(wanted_bytes);
        return buffer_.writable_data() + size_bytes_;
    }
    void grow(size_t wanted_bytes) {
        const size_t doubled = std::max(kFirstCapacityBytes, buffer_.size() * 2);
        Buffer larger = Buffer::allocate(std::max(doubled, size_bytes_ + wanted_bytes));
        if (size_bytes_ > 0) std::memcpy(larger.writable_data(), buffer_.data(), size_bytes_);
        buffer_ = std::move(larger);
    }

    Buffer buffer_;
    size_t size_bytes_ = 0;
};

}  // namespace polylog::base

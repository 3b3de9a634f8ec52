#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "base/slice.h"

// Variable-length integers: seven bits per byte, the lowest first, the top bit set on every byte
// but the last (unsigned LEB128). Signed numbers are zigzag-coded first, so that small negative
// ones stay short. Kafka protocol guide, "Protocol Primitive Types": UNSIGNED_VARINT, VARINT and
// VARLONG.
namespace polylog::base {

// What is coded; signed numbers go through zigzag first.
template <class T>
concept VarintNumber = std::same_as<T, uint32_t> || std::same_as<T, uint64_t>;

// The longest encoding: 5 bytes for 32 bits, 10 for 64.
template <VarintNumber T>
constexpr size_t kMaxVarintBytes = (sizeof(T) * 8 + 6) / 7;

// Small numbers of either sign as small unsigned ones: 0, -1, 1, -2 become 0, 1, 2, 3.
constexpr uint32_t zigzag(int32_t value) {
    return (static_cast<uint32_t>(value) << 1) ^ static_cast<uint32_t>(value >> 31);
}
constexpr uint64_t zigzag(int64_t value) {
    return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
constexpr int32_t unzigzag(uint32_t coded) {
    return static_cast<int32_t>((coded >> 1) ^ (0 - (coded & 1)));
}
constexpr int64_t unzigzag(uint64_t coded) {
    return static_cast<int64_t>((coded >> 1) ^ (0 - (coded & 1)));
}

// Bytes that encode_varint will write.
template <VarintNumber T>
constexpr size_t varint_size(T value) {
    size_t size_bytes = 1;
    while (value >= 0x80) {
        value >>= 7;
        ++size_bytes;
    }
    return size_bytes;
}

// Writes the shortest encoding at `to`, which has room for kMaxVarintBytes<T>; returns its size.
template <VarintNumber T>
constexpr size_t encode_varint(std::byte* to, T value) {
    size_t size_bytes = 0;
    while (value >= 0x80) {
        to[size_bytes++] = static_cast<std::byte>(value | 0x80);
        value >>= 7;
    }
    to[size_bytes++] = static_cast<std::byte>(value);
    return size_bytes;
}

// A number and the bytes it took; size_bytes is 0 (and value 0) when there was no number.
template <VarintNumber T>
struct DecodedVarint {
    T value = 0;
    size_t size_bytes = 0;
};

// Decodes the number at the start of `bytes`. Total: no number when the bytes end inside it, when
// it is longer than kMaxVarintBytes<T>, or when it does not fit T. Needlessly long encodings are
// accepted.
template <VarintNumber T>
constexpr DecodedVarint<T> decode_varint(Bytes bytes) {
    constexpr size_t kLast = kMaxVarintBytes<T> - 1;
    constexpr T kMaxInLast = static_cast<T>(~T{0} >> (7 * kLast));
    const size_t limit = bytes.size() <= kLast ? bytes.size() : kLast + 1;
    T value = 0;
    for (size_t i = 0; i < limit; ++i) {
        const T byte = std::to_integer<T>(bytes[i]);
        if (i == kLast && byte > kMaxInLast) return {};
        value |= (byte & 0x7F) << (7 * i);
        if (byte < 0x80) return {value, i + 1};
    }
    return {};
}

}  // namespace polylog::base

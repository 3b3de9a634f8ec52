#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

// Big-endian (network and Kafka order) and little-endian (our own files) integers at any alignment.
namespace polylog::base {

// The same bytes in the other order.
template <std::integral T>
constexpr T byte_swap(T value) {
    if constexpr (sizeof(T) == 1) {
        return value;
    } else if constexpr (sizeof(T) == 2) {
        return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(value)));
    } else if constexpr (sizeof(T) == 4) {
        return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
    } else {
        return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
    }
}

// Integers at any address, big-endian as protocols have them (be) or little-endian (le).
template <std::integral T>
T load_be(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return std::endian::native == std::endian::little ? byte_swap(value) : value;
}

template <std::integral T>
void store_be(std::byte* at, T value) {
    if constexpr (std::endian::native == std::endian::little) value = byte_swap(value);
    std::memcpy(at, &value, sizeof value);
}

template <std::integral T>
T load_le(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return std::endian::native == std::endian::big ? byte_swap(value) : value;
}

template <std::integral T>
void store_le(std::byte* at, T value) {
    if constexpr (std::endian::native == std::endian::big) value = byte_swap(value);
    std::memcpy(at, &value, sizeof value);
}

}  // namespace polylog::base

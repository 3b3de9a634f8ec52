#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace polylog::base {

// 128 bits that name something for ever: a topic's incarnation, a cluster, a data directory.
struct Uuid {
    std::array<uint8_t, 16> bytes{};

    constexpr auto operator<=>(const Uuid&) const = default;
    bool is_nil() const { return *this == Uuid{}; }

    // RFC 4122 version 4 out of 128 random bits. Its base64 form never starts with '-', which a
    // command line would take for a flag.
    static Uuid from_random(uint64_t high, uint64_t low);
    // 22 characters of URL-safe base64 without padding: how Kafka tools print topic ids.
    std::string to_base64() const;
    // Exactly that form; nothing on anything else.
    static std::optional<Uuid> from_base64(std::string_view text);
    // 8-4-4-4-12 lower-case hexadecimal digits.
    std::string to_hex() const;
};

}  // namespace polylog::base

// Random ids are evenly spread already.
template <>
struct std::hash<polylog::base::Uuid> {
    size_t operator()(const polylog::base::Uuid& uuid) const noexcept {
        uint64_t halves[2];
        std::memcpy(halves, uuid.bytes.data(), sizeof halves);
        return halves[0] ^ (halves[1] * 0x9E3779B97F4A7C15ull);
    }
};

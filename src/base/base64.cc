#include "base/base64.h"

#include <array>
#include <cstdint>

namespace polylog::base {

namespace {

constexpr uint8_t kNotInAlphabet = 0xFF;

struct Alphabet {
    std::string_view digits;
    std::array<uint8_t, 256> values;  // of each character: 0 to 63, or kNotInAlphabet
};

consteval Alphabet make_alphabet(std::string_view digits) {
    Alphabet alphabet{digits, {}};
    alphabet.values.fill(kNotInAlphabet);
    for (uint8_t value = 0; value < 64; ++value) {
        alphabet.values[static_cast<uint8_t>(digits[value])] = value;
    }
    return alphabet;
}

constexpr Alphabet kStandard = make_alphabet(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
constexpr Alphabet kUrlSafe = make_alphabet(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

std::string encode(const Alphabet& alphabet, Bytes bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    uint32_t bits = 0;
    int bit_count = 0;
    for (const std::byte byte : bytes) {
        bits = bits << 8 | std::to_integer<uint32_t>(byte);
        for (bit_count += 8; bit_count >= 6; bit_count -= 6) {
            text.push_back(alphabet.digits[bits >> (bit_count - 6) & 63]);
        }
    }
    if (bit_count > 0) text.push_back(alphabet.digits[bits << (6 - bit_count) & 63]);
    return text;
}

std::optional<std::string> decode(const Alphabet& alphabet, std::string_view text) {
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    uint32_t bits = 0;
    int bit_count = 0;
    for (const char digit : text) {
        const uint8_t value = alphabet.values[static_cast<uint8_t>(digit)];
        if (value == kNotInAlphabet) return std::nullopt;
        bits = bits << 6 | value;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            bytes.push_back(static_cast<char>(bits >> bit_count & 0xFF));
        }
    }
    const uint32_t left_over = bits & ((1u << bit_count) - 1);
    if (left_over != 0) return std::nullopt;
    return bytes;
}

}  // namespace

std::string base64_encode(Bytes bytes) {
    std::string text = encode(kStandard, bytes);
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::string base64url_encode(Bytes bytes) {
    return encode(kUrlSafe, bytes);
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
    return decode(kStandard, text);
}

std::optional<std::string> base64url_decode(std::string_view text) {
    return decode(kUrlSafe, text);
}

}  // namespace polylog::base

#include "routing/decimal.h"

#include <algorithm>
#include <cstdint>

namespace polylog::routing {

namespace {

// No text that fits into memory has more digits, so that no exponent beyond it changes the result.
constexpr int64_t kMaxExponent = int64_t{1} << 40;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The parts of a number: 0.digits * 10^exponent, without zeros at the front.
struct Parts {
    bool negative = false;
    std::string_view integer;
    std::string_view fraction;
    int64_t exponent = 0;
};

std::string_view take_digits(std::string_view& text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    const std::string_view digits(text.begin(), end);
    text.remove_prefix(digits.size());
    return digits;
}

// True when there was a minus.
bool take_sign(std::string_view& text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    return negative;
}

std::optional<int64_t> parse_exponent(std::string_view text) {
    const bool negative = take_sign(text);
    const std::string_view digits = take_digits(text);
    if (digits.empty() || !text.empty()) return std::nullopt;
    int64_t exponent = 0;
    for (const char digit : digits) {
        exponent = std::min(exponent * 10 + (digit - '0'), kMaxExponent);
    }
    return negative ? -exponent : exponent;
}

std::optional<Parts> split(std::string_view text) {
    Parts parts;
    parts.negative = take_sign(text);
    parts.integer = take_digits(text);
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        parts.fraction = take_digits(text);
    }
    if (parts.integer.empty() && parts.fraction.empty()) return std::nullopt;
    if (text.empty()) return parts;
    if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
    const auto exponent = parse_exponent(text.substr(1));
    if (!exponent) return std::nullopt;
    parts.exponent = *exponent;
    return parts;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return std::nullopt;
    // How many digits from the front count: those left of the sixth after the decimal point.
    int64_t wanted = static_cast<int64_t>(parts->integer.size()) + parts->exponent +
                     kFractionDigits;
    Units units = 0;
    int significant = 0;
    // False when no further digit can matter.
    const auto add = [&](char digit) {
        if (wanted-- <= 0) return false;
        if (units == 0 && digit == '0') return true;
        if (++significant <= kMaxUnitDigits) units = units * 10 + (digit - '0');
        return significant <= kMaxUnitDigits;
    };
    if (std::ranges::all_of(parts->integer, add) && std::ranges::all_of(parts->fraction, add)) {
        while (units != 0 && add('0')) {}
    }
    if (significant > kMaxUnitDigits) units = kBeyond;
    return Decimal(parts->negative ? -units : units);
}

size_t Decimal::hash() const {
    constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;
    const auto bits = static_cast<unsigned __int128>(units_);
    return static_cast<size_t>(
        ((static_cast<uint64_t>(bits) * kMultiplier) ^ static_cast<uint64_t>(bits >> 64)) *
        kMultiplier);
}

}  // namespace polylog::routing

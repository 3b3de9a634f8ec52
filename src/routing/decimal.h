#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string_view>

namespace polylog::routing {

// A number as filter policies compare it: with five digits after the decimal point, further ones
// are not looked at (AWS documentation, "Filter policy constraints"). Exact up to 10^33 in
// magnitude; all numbers beyond, of one sign, are alike. 16 bytes; never rounds through binary
// floating point.
class Decimal {
public:
    constexpr Decimal() = default;
    static constexpr Decimal from_integer(int value) { return Decimal(value * kUnitsPerOne); }
    // Below and above every number that parse() returns.
    static constexpr Decimal lowest() { return Decimal(-kBeyond - 1); }
    static constexpr Decimal highest() { return Decimal(kBeyond + 1); }

    // A JSON number of any size and precision; a leading '+', leading zeros and a missing integer
    // part or fraction are accepted too. Nothing on anything else.
    static std::optional<Decimal> parse(std::string_view text);

    // The next number that differs.
    constexpr Decimal next() const { return Decimal(units_ + 1); }
    constexpr Decimal previous() const { return Decimal(units_ - 1); }

    constexpr auto operator<=>(const Decimal&) const = default;
    size_t hash() const;

private:
    using Units = __int128;  // of 10^-5
    static constexpr int kFractionDigits = 5;
    static constexpr Units kUnitsPerOne = 100'000;
    static constexpr int kMaxUnitDigits = 38;
    static constexpr Units kBeyond = Units{10'000'000'000'000'000'000u} *
                                     Units{10'000'000'000'000'000'000u};  // 10^38

    explicit constexpr Decimal(Units units) : units_(units) {}

    Units units_ = 0;
};

}  // namespace polylog::routing

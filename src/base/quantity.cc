#include "base/quantity.h"

#include <array>
#include <charconv>
#include <span>

namespace polylog::base {

namespace {

struct UnitName {
    std::string_view name;
    uint64_t factor;
};

// Largest first.
constexpr std::array<UnitName, 7> kDurationUnits = {{
    {"d", 86'400'000'000'000},
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
    {"ns", 1},
}};
constexpr std::array<UnitName, 6> kBinarySizeUnits = {{
    {"PiB", uint64_t{1} << 50},
    {"TiB", uint64_t{1} << 40},
    {"GiB", uint64_t{1} << 30},
    {"MiB", uint64_t{1} << 20},
    {"KiB", uint64_t{1} << 10},
    {"B", 1},
}};
constexpr std::array<UnitName, 6> kDecimalSizeUnits = {{
    {"PB", 1'000'000'000'000'000},
    {"TB", 1'000'000'000'000},
    {"GB", 1'000'000'000},
    {"MB", 1'000'000},
    {"KB", 1'000},
    {"kB", 1'000},
}};

const UnitName* find_unit(std::span<const UnitName> units, std::string_view name) {
    for (const UnitName& unit : units) {
        if (unit.name == name) return &unit;
    }
    return nullptr;
}

std::unexpected<Error> malformed(std::string_view text, std::string_view reason) {
    std::string detail = "'";
    detail.append(text).append("' ").append(reason);
    return fail(ErrorCode::invalid_config, std::move(detail));
}

// Takes the digits at the front of `rest`; its caller sees that nothing was taken when there are
// none.
Result<uint64_t> take_number(std::string_view text, std::string_view& rest) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error == std::errc::result_out_of_range) return malformed(text, "is too large");
    if (error != std::errc()) return malformed(text, "lacks a number");
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    return number;
}

// Everything up to the next digit.
std::string_view take_unit(std::string_view& rest) {
    const std::string_view unit = rest.substr(0, rest.find_first_of("0123456789"));
    rest.remove_prefix(unit.size());
    return unit;
}

// `value` with at most two decimals in the largest of `units` that it reaches.
std::string rounded(std::span<const UnitName> units, uint64_t value) {
    const UnitName* unit = &units.back();
    for (const UnitName& candidate : units) {
        if (value >= candidate.factor) {
            unit = &candidate;
            break;
        }
    }
    const uint64_t whole = value / unit->factor;
    std::string text = std::to_string(whole);
    const size_t decimals = text.size() < 3 ? 3 - text.size() : 0;
    uint64_t rest = value % unit->factor;
    std::string fraction;
    for (size_t i = 0; i < decimals; ++i) {
        rest *= 10;  // below ten times a factor: no overflow
        fraction.push_back(static_cast<char>('0' + rest / unit->factor));
        rest %= unit->factor;
    }
    while (fraction.ends_with('0')) fraction.pop_back();
    if (!fraction.empty()) text.append(".").append(fraction);
    return text.append(unit->name);
}

// The magnitude, also of the most negative duration.
uint64_t magnitude(Duration duration) {
    const auto count = static_cast<uint64_t>(duration.count());
    return duration.count() < 0 ? 0 - count : count;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
    if (text == "0") return Duration::zero();
    std::string_view rest = text;
    uint64_t total_ns = 0;
    uint64_t smallest_so_far = UINT64_MAX;
    do {
        TRY(const uint64_t number, take_number(text, rest));
        const UnitName* unit = find_unit(kDurationUnits, take_unit(rest));
        if (!unit) return malformed(text, "needs a unit after each number: d h m s ms us ns");
        if (unit->factor >= smallest_so_far) {
            return malformed(text, "must name larger units first and each unit once");
        }
        smallest_so_far = unit->factor;
        uint64_t part_ns = 0;
        if (__builtin_mul_overflow(number, unit->factor, &part_ns) ||
            __builtin_add_overflow(total_ns, part_ns, &total_ns) ||
            total_ns > static_cast<uint64_t>(Duration::max().count())) {
            return malformed(text, "is longer than 292 years");
        }
    } while (!rest.empty());
    return Duration(static_cast<int64_t>(total_ns));
}

std::string format_duration(Duration duration) {
    if (duration == Duration::zero()) return "0s";
    std::string text = duration < Duration::zero() ? "-" : "";
    uint64_t rest_ns = magnitude(duration);
    for (const UnitName& unit : kDurationUnits) {
        if (rest_ns < unit.factor) continue;
        text.append(std::to_string(rest_ns / unit.factor)).append(unit.name);
        rest_ns %= unit.factor;
    }
    return text;
}

std::string rounded_duration(Duration duration) {
    if (duration == Duration::zero()) return "0s";
    const std::string sign = duration < Duration::zero() ? "-" : "";
    return sign + rounded(kDurationUnits, magnitude(duration));
}

Result<uint64_t> parse_size(std::string_view text) {
    std::string_view rest = text;
    TRY(const uint64_t number, take_number(text, rest));
    if (rest.empty()) return number;
    const UnitName* unit = find_unit(kBinarySizeUnits, rest);
    if (!unit) unit = find_unit(kDecimalSizeUnits, rest);
    if (!unit) return malformed(text, "needs a unit such as B, KiB, MiB, GiB or kB, MB, GB");
    uint64_t size_bytes = 0;
    if (__builtin_mul_overflow(number, unit->factor, &size_bytes)) {
        return malformed(text, "is too large");
    }
    return size_bytes;
}

std::string format_size(uint64_t size_bytes) {
    for (const UnitName& unit : kBinarySizeUnits) {
        if (size_bytes >= unit.factor && size_bytes % unit.factor == 0) {
            return std::to_string(size_bytes / unit.factor).append(unit.name);
        }
    }
    return "0B";
}

std::string rounded_size(uint64_t size_bytes) {
    return rounded(kBinarySizeUnits, size_bytes);
}

std::string counted(uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace polylog::base

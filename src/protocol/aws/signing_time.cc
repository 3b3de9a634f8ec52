#include "protocol/aws/signing_time.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace polylog::aws {

namespace chrono = std::chrono;

namespace {

// A date and time as it is spelled, which need not exist.
struct Spelled {
    int year = 0;
    unsigned month = 0, day = 0;
    int hour = 0, minute = 0, second = 0;
};

// The number that the digits at a position make; nothing when they are not all digits.
template <class T>
bool digits(std::string_view text, size_t position, size_t count, T& number) {
    const std::string_view part = text.substr(position, count);
    if (!std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; })) return false;
    return std::from_chars(part.data(), part.data() + part.size(), number).ec == std::errc();
}

std::optional<Spelled> read_basic(std::string_view text) {
    Spelled s;
    const bool good = text.size() == 16 && text[8] == 'T' && text[15] == 'Z' &&
                      digits(text, 0, 4, s.year) && digits(text, 4, 2, s.month) &&
                      digits(text, 6, 2, s.day) && digits(text, 9, 2, s.hour) &&
                      digits(text, 11, 2, s.minute) && digits(text, 13, 2, s.second);
    return good ? std::optional(s) : std::nullopt;
}

std::optional<Spelled> read_http(std::string_view text) {
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    Spelled s;
    if (text.size() != 29 || !text.ends_with(" GMT") || text.substr(3, 2) != ", ") {
        return std::nullopt;
    }
    const size_t month = kMonths.find(text.substr(8, 3));
    const bool good = month != std::string_view::npos && month % 3 == 0 && text[7] == ' ' &&
                      text[11] == ' ' && text[16] == ' ' && text[19] == ':' && text[22] == ':' &&
                      digits(text, 5, 2, s.day) && digits(text, 12, 4, s.year) &&
                      digits(text, 17, 2, s.hour) && digits(text, 20, 2, s.minute) &&
                      digits(text, 23, 2, s.second);
    s.month = static_cast<unsigned>(month / 3 + 1);
    return good ? std::optional(s) : std::nullopt;
}

}  // namespace

std::string format_signing_time(base::WallTime time) {
    const auto since_epoch = chrono::floor<chrono::seconds>(time.time_since_epoch());
    const chrono::sys_seconds seconds(since_epoch);
    const auto days = chrono::floor<chrono::days>(seconds);
    const chrono::year_month_day date(days);
    const chrono::hh_mm_ss clock(seconds - days);
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", int(date.year()), unsigned(date.month()),
                       unsigned(date.day()), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

std::optional<base::WallTime> parse_signing_time(std::string_view text) {
    std::optional<Spelled> spelled = read_basic(text);
    if (!spelled) spelled = read_http(text);
    if (!spelled || spelled->hour > 23 || spelled->minute > 59 || spelled->second > 59) {
        return std::nullopt;
    }
    // The years of a WallTime.
    if (spelled->year < 1970 || spelled->year > 2261) return std::nullopt;
    const chrono::year_month_day date(chrono::year(spelled->year), chrono::month(spelled->month),
                                      chrono::day(spelled->day));
    if (!date.ok()) return std::nullopt;
    const auto time = chrono::sys_days(date).time_since_epoch() + chrono::hours(spelled->hour) +
                      chrono::minutes(spelled->minute) + chrono::seconds(spelled->second);
    return base::WallTime(time);
}

}  // namespace polylog::aws

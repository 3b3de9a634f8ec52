#include "base/rfc3339.h"

#include <chrono>

namespace polylog::base {

namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::sys_days;

constexpr int64_t kMsPerDay = milliseconds(days(1)).count();

constexpr int64_t first_ms_of(int year) {
    return sys_days(std::chrono::year(year) / 1 / 1).time_since_epoch().count() * kMsPerDay;
}
constexpr int64_t kFirstMs = first_ms_of(0);
constexpr int64_t kEndMs = first_ms_of(10000);

// Writes `value` with leading zeros into the `width` characters at `to`.
void put_digits(char* to, int64_t value, int width) {
    for (int i = width; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

// Walks the text; the first surprise ends it for good.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }

    // Exactly `width` digits, between min and max.
    int number(size_t width, int min, int max) {
        int value = 0;
        for (size_t i = 0; i < width; ++i) value = value * 10 + digit();
        if (value < min || value > max) ok_ = false;
        return value;
    }
    // True, and moves on, when the next character is one of these.
    bool skip_any_of(std::string_view characters) {
        if (rest_.empty() || !characters.contains(rest_.front())) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect_any_of(std::string_view characters) {
        if (!skip_any_of(characters)) ok_ = false;
    }
    // The digits after a decimal point, as thousandths.
    int thousandths() {
        int value = 0;
        int scale = 100;
        do {
            value += digit() * scale;
            scale /= 10;
        } while (ok_ && !rest_.empty() && is_digit(rest_.front()));
        return value;
    }

private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    int digit() {
        if (rest_.empty() || !is_digit(rest_.front())) {
            ok_ = false;
            return 0;
        }
        const int value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }

    std::string_view rest_;
    bool ok_ = true;
};

// Minutes east of UTC; what ends a timestamp.
int scan_offset_minutes(Scanner& scanner) {
    if (scanner.skip_any_of("Zz")) return 0;
    const bool west = scanner.skip_any_of("-");
    if (!west) scanner.expect_any_of("+");
    const int hours = scanner.number(2, 0, 23);
    scanner.expect_any_of(":");
    const int minutes = hours * 60 + scanner.number(2, 0, 59);
    return west ? -minutes : minutes;
}

}  // namespace

std::string format_rfc3339(int64_t unix_ms) {
    if (unix_ms < kFirstMs || unix_ms >= kEndMs) return std::to_string(unix_ms);
    const std::chrono::sys_time<milliseconds> time{milliseconds(unix_ms)};
    const std::chrono::year_month_day date(floor<days>(time));
    const std::chrono::hh_mm_ss clock(time - floor<days>(time));
    std::string text = "0000-00-00T00:00:00.000Z";
    put_digits(&text[0], int{date.year()}, 4);
    put_digits(&text[5], unsigned{date.month()}, 2);
    put_digits(&text[8], unsigned{date.day()}, 2);
    put_digits(&text[11], clock.hours().count(), 2);
    put_digits(&text[14], clock.minutes().count(), 2);
    put_digits(&text[17], clock.seconds().count(), 2);
    put_digits(&text[20], clock.subseconds().count(), 3);
    return text;
}

std::string format_rfc3339(WallTime time) {
    return format_rfc3339(floor<milliseconds>(time.time_since_epoch()).count());
}

std::optional<int64_t> parse_rfc3339(std::string_view text) {
    Scanner scanner(text);
    const std::chrono::year year(scanner.number(4, 0, 9999));
    scanner.expect_any_of("-");
    const std::chrono::month month(static_cast<unsigned>(scanner.number(2, 1, 12)));
    scanner.expect_any_of("-");
    const std::chrono::day day(static_cast<unsigned>(scanner.number(2, 1, 31)));
    scanner.expect_any_of("Tt ");
    const int hours = scanner.number(2, 0, 23);
    scanner.expect_any_of(":");
    const int minutes = scanner.number(2, 0, 59);
    const int seconds = scanner.skip_any_of(":") ? scanner.number(2, 0, 59) : 0;
    const int thousandths = scanner.skip_any_of(".") ? scanner.thousandths() : 0;
    const int offset_minutes = scan_offset_minutes(scanner);

    const std::chrono::year_month_day date(year, month, day);
    if (!scanner.ok() || !scanner.at_end() || !date.ok()) return std::nullopt;
    const auto time_of_day = std::chrono::hours(hours) +
                             std::chrono::minutes(minutes - offset_minutes) +
                             std::chrono::seconds(seconds) + milliseconds(thousandths);
    const auto time = sys_days(date) + time_of_day;
    const int64_t unix_ms = time.time_since_epoch().count();
    if (unix_ms < kFirstMs || unix_ms >= kEndMs) return std::nullopt;
    return unix_ms;
}

}  // namespace polylog::base

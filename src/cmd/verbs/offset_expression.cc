#include "cmd/verbs/offset_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/quantity.h"
#include "base/rfc3339.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;

namespace {

std::optional<int64_t> parse_number(std::string_view text) {
    int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || value < 0) return std::nullopt;
    return value;
}

// Seconds until the year 5138, milliseconds beyond: no log has records of March 1973 and before.
int64_t epoch_to_ms(int64_t number) {
    constexpr int64_t kLargestSeconds = 99'999'999'999;
    return number <= kLargestSeconds ? number * 1000 : number;
}

std::optional<int64_t> parse_time(std::string_view text, int64_t now_ms) {
    if (text == "now") return now_ms;
    if (const auto number = parse_number(text)) return epoch_to_ms(*number);
    if (const auto date = base::parse_rfc3339(fmt::format("{}T00:00:00Z", text))) return date;
    if (const auto time = base::parse_rfc3339(text)) return time;
    if (text.starts_with('-')) text.remove_prefix(1);
    if (const auto ago = base::parse_duration(text)) return now_ms - base::to_ms(*ago);
    return std::nullopt;
}

}  // namespace

Result<OffsetBound> parse_offset_bound(std::string_view text, int64_t now_ms) {
    using Kind = OffsetBound::Kind;
    if (text == "start" || text == "beginning") return OffsetBound{Kind::start, 0};
    if (text == "end") return OffsetBound{Kind::end, 0};
    if (text.starts_with('@')) {
        if (const auto time = parse_time(text.substr(1), now_ms))
            return OffsetBound{Kind::time, *time};
    } else if (text.starts_with('-')) {
        if (const auto count = parse_number(text.substr(1)))
            return OffsetBound{Kind::before_end, *count};
    } else if (text.starts_with('+')) {
        if (const auto count = parse_number(text.substr(1)))
            return OffsetBound{Kind::after_start, *count};
    } else if (const auto offset = parse_number(text)) {
        return OffsetBound{Kind::offset, *offset};
    }
    return base::fail(
        ErrorCode::invalid_request,
        fmt::format("'{}' is no offset; one is start, end, 47, -10, +10, @2026-01-02T03:04Z or "
                    "@-1h",
                    text));
}

Result<OffsetRange> parse_offset_range(std::string_view text, int64_t now_ms) {
    // Times hold colons themselves: the range is parted where both sides make sense.
    for (size_t colon = text.find(':'); colon != std::string_view::npos;
         colon = text.find(':', colon + 1)) {
        const auto from = parse_offset_bound(text.substr(0, colon), now_ms);
        const auto to = parse_offset_bound(text.substr(colon + 1), now_ms);
        if (from && to) return OffsetRange{*from, *to};
    }
    TRY(const OffsetBound from, parse_offset_bound(text, now_ms));
    return OffsetRange{from, std::nullopt};
}

int64_t resolve(const OffsetBound& bound, LogEnds ends) {
    int64_t offset = ends.end;
    switch (bound.kind) {
    case OffsetBound::Kind::start: offset = ends.start; break;
    case OffsetBound::Kind::offset: offset = bound.value; break;
    case OffsetBound::Kind::after_start:
        offset = ends.start + std::min(bound.value, ends.end - ends.start);
        break;
    case OffsetBound::Kind::before_end:
        offset = ends.end - std::min(bound.value, ends.end - ends.start);
        break;
    case OffsetBound::Kind::end:
    case OffsetBound::Kind::time: break;
    }
    return std::clamp(offset, ends.start, ends.end);
}

}  // namespace polylog::cmd

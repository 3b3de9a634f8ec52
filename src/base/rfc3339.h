#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

// Timestamps as people and JSON spell them (RFC 3339), always printed in UTC with milliseconds:
// 2026-01-02T03:04:05.678Z. In milliseconds since the Unix epoch, as records carry them.
namespace polylog::base {

// 24 characters. Outside the years 0 to 9999, which RFC 3339 cannot write, the bare number.
std::string format_rfc3339(int64_t unix_ms);
std::string format_rfc3339(WallTime time);

// Any RFC 3339 timestamp in the years 0 to 9999: fractions of a second beyond the third digit are
// cut off, a UTC offset is taken into account, seconds may be left out as people do when they type.
// Nothing on anything else, including dates that do not exist and leap seconds.
std::optional<int64_t> parse_rfc3339(std::string_view text);

}  // namespace polylog::base

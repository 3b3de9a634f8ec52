#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace polylog::aws {

// "20150830T123600Z": ISO 8601 in its basic form, in UTC. Cuts off fractions of a second.
std::string format_signing_time(base::WallTime time);
// The same, or the form of HTTP's Date header: "Sun, 30 Aug 2015 12:36:00 GMT" (RFC 9110, 5.6.7).
// Nothing on anything else, and on dates that do not exist.
std::optional<base::WallTime> parse_signing_time(std::string_view text);

}  // namespace polylog::aws

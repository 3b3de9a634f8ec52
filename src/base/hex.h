#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/slice.h"

namespace polylog::base {

// Two lower-case digits per byte.
std::string hex_encode(Bytes bytes);
// The bytes as a string; digits of either case. Nothing on any other character or an odd length.
std::optional<std::string> hex_decode(std::string_view text);

}  // namespace polylog::base

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/slice.h"

// Base64 (RFC 4648): section 4 with padding, as in HTTP headers and message bodies, and section 5
// (URL-safe alphabet) without padding, as in topic ids and JSON web tokens.
namespace polylog::base {

// RFC 4648: section 4 with padding; section 5, for URLs, without.
std::string base64_encode(Bytes bytes);
std::string base64url_encode(Bytes bytes);

// The bytes as a string. Strict, so that every value has exactly one spelling: nothing on a
// character outside the alphabet (line breaks included), missing or superfluous padding, or bits
// left over.
std::optional<std::string> base64_decode(std::string_view text);
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace polylog::base

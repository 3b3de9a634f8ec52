#pragma once

#include <cstddef>
#include <string_view>

namespace polylog::base {

// What stands for bytes that are not UTF-8: U+FFFD.
constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

// Bytes of the well-formed UTF-8 sequence at the start of `text`, 1 to 4; 0 when there is none:
// empty, truncated, overlong, a surrogate or beyond U+10FFFF (Unicode standard, table 3-7).
size_t utf8_sequence_size(std::string_view text);

// True when all of `text` is well-formed.
bool is_utf8(std::string_view text);

}  // namespace polylog::base

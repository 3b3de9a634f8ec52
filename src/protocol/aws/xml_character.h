#pragma once

#include <cstddef>
#include <string_view>

namespace polylog::aws {

// Bytes of the character at the start of `text`, in UTF-8, when XML can carry it (XML 1.0, 2.2:
// tab, line feed, carriage return, and all from U+0020 but surrogates, U+FFFE and U+FFFF); else 0.
size_t xml_character_size(std::string_view text);

}  // namespace polylog::aws

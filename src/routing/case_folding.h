#pragma once

#include <string>
#include <string_view>

namespace polylog::routing {

// The text with every letter replaced by its simple case folding (Unicode standard, section 3.13)
// in the Latin, Greek, Cyrillic, Armenian and full-width alphabets; everything else, and bytes that
// are not UTF-8, stay as they are. Two texts are equal but for case when their foldings are equal.
std::string fold_case(std::string_view text);

}  // namespace polylog::routing

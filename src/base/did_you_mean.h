#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace polylog::base {

// The known name that `typed` most likely meant: the nearest by insertions, deletions,
// substitutions and swaps of neighbouring letters, letter case aside; the first of equals. Nothing
// when none is near enough to be a plausible slip (a third of the letters) or when `typed` is
// longer than 128 bytes. The answer is a view of `known`.
std::optional<std::string_view> nearest_name(std::string_view typed,
                                             std::span<const std::string_view> known);

}  // namespace polylog::base

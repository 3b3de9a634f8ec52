#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace polylog::base {

// A number that cannot be mistaken for another: Offset, LeaderEpoch, ShardId. No implicit
// conversion either way; arithmetic is spelled out on .value by the code that knows what it means.
//
//     using Offset = base::Strong<struct OffsetTag, int64_t>;
//     Offset next{last.value + 1};
template <class Tag, class Rep>
struct Strong {
    using rep = Rep;
    Rep value{};

    constexpr auto operator<=>(const Strong&) const = default;
};

}  // namespace polylog::base

// That of the value.
template <class Tag, class Rep>
struct std::hash<polylog::base::Strong<Tag, Rep>> {
    size_t operator()(const polylog::base::Strong<Tag, Rep>& strong) const noexcept {
        return std::hash<Rep>{}(strong.value);
    }
};

#pragma once

#include <cstddef>

namespace polylog::base {

// Sizes in source code: 64_KiB. What people type is read by quantity.h.
consteval size_t operator""_KiB(unsigned long long count) {
    return count << 10;
}
consteval size_t operator""_MiB(unsigned long long count) {
    return count << 20;
}
consteval size_t operator""_GiB(unsigned long long count) {
    return count << 30;
}

}  // namespace polylog::base

#pragma once

#include <array>
#include <cstdint>

#include "base/slice.h"

namespace polylog::base {

// SHA-256: names for what must not be found again from its name.
std::array<uint8_t, 32> sha256(Bytes bytes);

// Takes the same time wherever bytes of one size differ.
bool equal_in_constant_time(Bytes one, Bytes other);

}  // namespace polylog::base

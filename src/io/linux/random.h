#pragma once

#include <array>

#include "io/env.h"

namespace polylog::io {

// xoshiro256++ (Blackman and Vigna, 2019) seeded by the kernel. Uniform and fast; predictable to
// whoever sees its output, so never for keys, salts, nonces or tokens.
class LinuxRandom final : public Random {
public:
    LinuxRandom();
    uint64_t next() override;

private:
    std::array<uint64_t, 4> state_;
};

}  // namespace polylog::io

#include "io/linux/random.h"

#include <sys/random.h>

#include <bit>

#include "base/check.h"

namespace polylog::io {

LinuxRandom::LinuxRandom() {
    // Requests of up to 256 bytes are answered whole once the kernel's pool is seeded:
    // getrandom(2).
    CHECK(::getrandom(state_.data(), sizeof state_, 0) == sizeof state_);
    state_[0] |= 1;  // the all-zero state would stay zero for ever
}

uint64_t LinuxRandom::next() {
    auto& s = state_;
    const uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
    const uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = std::rotl(s[3], 45);
    return result;
}

}  // namespace polylog::io

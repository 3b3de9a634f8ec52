#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace polylog::sim {

// Scatters the bits of a value: the finaliser of splitmix64.
constexpr uint64_t scatter(uint64_t value) {
    value += 0x9E3779B97F4A7C15;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
    return value ^ (value >> 31);
}

// FNV-1a, then scattered: the same on every machine.
constexpr uint64_t hash_of(std::string_view text) {
    uint64_t hash = 0xCBF29CE484222325;
    for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3;
    return scatter(hash);
}

// A sequence of pseudo-random numbers (xoshiro256**). Each purpose has its own, split from the
// world's seed, so that one more draw in one place does not change what every other place draws.
class RandomStream {
public:
    explicit RandomStream(uint64_t seed);

    // The stream for one purpose, and one object of many by index. Depends on this stream's seed
    // only, not on how many numbers were drawn: splitting twice by the same words gives the same
    // stream twice.
    RandomStream split(std::string_view purpose, uint64_t index = 0) const {
        return RandomStream(scatter(seed_ ^ hash_of(purpose)) + scatter(index));
    }

    uint64_t next() {
        const uint64_t result = rotate(state_[1] * 5, 7) * 9;
        const uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotate(state_[3], 45);
        return result;
    }
    // Uniform in [0, bound); bound > 0.
    uint64_t below(uint64_t bound) {
        return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
    }
    // True with the given probability; draws nothing for 0 and below, or 1 and above.
    bool chance(double probability) {
        if (probability <= 0) return false;
        if (probability >= 1) return true;
        return static_cast<double>(next() >> 11) < probability * 0x1p53;
    }
    // Uniform in [low, high].
    base::Duration between(base::Duration low, base::Duration high) {
        if (high <= low) return low;
        return low + base::Duration(below(static_cast<uint64_t>((high - low).count()) + 1));
    }

private:
    static constexpr uint64_t rotate(uint64_t value, int bits) {
        return (value << bits) | (value >> (64 - bits));
    }

    uint64_t seed_;
    std::array<uint64_t, 4> state_;
};

// How long something takes: uniform in [floor, floor + spread], and now and then a spike on top,
// uniform up to `spike`.
struct Latency {
    base::Duration floor{};
    base::Duration spread{};
    double spike_probability = 0;
    base::Duration spike{};

    base::Duration draw(RandomStream& stream) const {
        base::Duration duration = stream.between(floor, floor + spread);
        if (stream.chance(spike_probability)) duration += stream.between({}, spike);
        return duration;
    }
};

}  // namespace polylog::sim

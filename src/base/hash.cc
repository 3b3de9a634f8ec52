#include "base/hash.h"

// Compiled in: with our processor baseline twice as fast as the packaged library.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/bytes.h"

namespace polylog::base {

uint64_t xxh3_64(Bytes bytes, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128 xxh3_128(Bytes bytes, uint64_t seed) {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
    return {.high = hash.high64, .low = hash.low64};
}

int32_t murmur2(Bytes key) {
    constexpr uint32_t kSeed = 0x9747b28c;
    constexpr uint32_t kMultiplier = 0x5bd1e995;
    uint32_t hash = kSeed ^ static_cast<uint32_t>(key.size());
    while (key.size() >= 4) {
        uint32_t word = load_le<uint32_t>(key.data()) * kMultiplier;
        word ^= word >> 24;
        hash = hash * kMultiplier ^ word * kMultiplier;
        key = key.subspan(4);
    }
    if (!key.empty()) {
        for (size_t i = 0; i < key.size(); ++i) {
            hash ^= std::to_integer<uint32_t>(key[i]) << (8 * i);
        }
        hash *= kMultiplier;
    }
    hash ^= hash >> 13;
    hash *= kMultiplier;
    hash ^= hash >> 15;
    return static_cast<int32_t>(hash);
}

}  // namespace polylog::base

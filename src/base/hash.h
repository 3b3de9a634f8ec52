#pragma once

#include <cstdint>

#include "base/slice.h"

namespace polylog::base {

// XXH3, 64 bits: hash tables, sampling, fingerprints. Not for keys that an attacker may choose to
// collide without a secret seed. About 10 GB/s on long inputs.
uint64_t xxh3_64(Bytes bytes, uint64_t seed = 0);

// XXH3, 128 bits: names for things of which so many are compared that 64 bits would collide. The
// same reservation.
struct Hash128 {
    uint64_t high = 0;
    uint64_t low = 0;
    bool operator==(const Hash128&) const = default;
};
Hash128 xxh3_128(Bytes bytes, uint64_t seed = 0);

// MurmurHash2, 32 bits, seed 0x9747b28c, as a Java int: what Kafka's default partitioner applies to
// keys (Kafka clients, Utils.murmur2). The choice of a partition from it (sign bit cleared, modulo
// the partition count) is the caller's.
int32_t murmur2(Bytes key);

}  // namespace polylog::base

#pragma once

#include <cstdint>

#include "base/slice.h"

namespace polylog::base {

// CRC-32C (Castagnoli), as in iSCSI and Kafka's record batches: initial value and final xor all
// ones. About 30 ns per KiB.
uint32_t crc32c(Bytes bytes);
// The checksum of a followed by b, given the checksum of a.
uint32_t crc32c_extend(uint32_t crc_of_a, Bytes b);

}  // namespace polylog::base

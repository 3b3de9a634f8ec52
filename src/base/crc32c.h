#pragma once

#include <cstdint>

#include "base/slice.h"

namespace polylog::base {

// CRC-32C (Castagnoli), as in iSCSI and Kafka's record batches: initial value and final xor all
// ones. About 30 ns per KiB, 7 ns for 100 bytes.
uint32_t crc32c(Bytes bytes);
// The checksum of a followed by b, given the checksum of a.
uint32_t crc32c_extend(uint32_t crc_of_a, Bytes b);
// The same without any processor's help, about 1 us per KiB: what crc32c_extend is where there is
// nothing better. Always compiled, so that it is tested on every machine.
uint32_t crc32c_extend_by_table(uint32_t crc_of_a, Bytes b);

}  // namespace polylog::base

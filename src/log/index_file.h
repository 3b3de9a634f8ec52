#pragma once

#include <cstdint>
#include <optional>

#include "base/slice.h"
#include "log/offset_index.h"
#include "log/time_index.h"

// The bytes of the index files: docs/formats/indexes.md. Pure functions over memory.
namespace polylog::log {

// `covered_bytes`: the index was built over this prefix of its segment.
base::Buffer encode_index(const OffsetIndex& index, uint32_t covered_bytes);
base::Buffer encode_index(const TimeIndex& index, uint32_t covered_bytes);

// Nothing unless the file is whole, its entries rise, and it covers exactly that prefix.
std::optional<OffsetIndex> decode_offset_index(base::Bytes file, uint32_t covered_bytes);
std::optional<TimeIndex> decode_time_index(base::Bytes file, uint32_t covered_bytes);

}  // namespace polylog::log

#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/slice.h"
#include "model/record_batch.h"

// Record batches for the tests of the log room, written byte by byte so that these tests rest on
// nothing but the format itself.
namespace polylog::log::testing {

struct BatchShape {
    int64_t base_offset = 0;
    int32_t records = 1;
    int32_t leader_epoch = 0;
    int64_t timestamp_ms = 1000;    // of the first record
    int64_t timestamp_step_ms = 0;  // from record to record; may be negative
    int64_t producer_id = -1;
    int16_t producer_epoch = -1;
    int32_t base_sequence = -1;
    std::string value = "value";  // of every record
};

namespace detail {

inline void put_varint(std::vector<std::byte>& out, int64_t value) {
    uint64_t zigzag = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
    for (; zigzag >= 0x80; zigzag >>= 7) out.push_back(static_cast<std::byte>(zigzag | 0x80));
    out.push_back(static_cast<std::byte>(zigzag));
}

inline std::vector<std::byte> record_bytes(int32_t index, int64_t timestamp_delta,
                                           std::string_view value) {
    std::vector<std::byte> body;
    body.push_back(std::byte{0});  // attributes
    put_varint(body, timestamp_delta);
    put_varint(body, index);
    put_varint(body, -1);  // no key
    put_varint(body, static_cast<int64_t>(value.size()));
    for (const char character : value) body.push_back(static_cast<std::byte>(character));
    put_varint(body, 0);  // no headers
    std::vector<std::byte> record;
    put_varint(record, static_cast<int64_t>(body.size()));
    record.insert(record.end(), body.begin(), body.end());
    return record;
}

}  // namespace detail

inline base::Buffer make_batch(const BatchShape& shape) {
    std::vector<std::byte> records;
    int64_t max_timestamp_ms = shape.timestamp_ms;
    for (int32_t i = 0; i < shape.records; ++i) {
        const int64_t delta = shape.timestamp_step_ms * i;
        max_timestamp_ms = std::max(max_timestamp_ms, shape.timestamp_ms + delta);
        const auto record = detail::record_bytes(i, delta, shape.value);
        records.insert(records.end(), record.begin(), record.end());
    }
    base::Buffer batch = base::Buffer::allocate(model::kBatchHeaderBytes + records.size());
    std::byte* at = batch.writable_data();
    base::store_be<int64_t>(at, shape.base_offset);
    base::store_be<int32_t>(at + 8, static_cast<int32_t>(batch.size() - model::kBatchLengthEnd));
    base::store_be<int32_t>(at + 12, shape.leader_epoch);
    base::store_be<int8_t>(at + 16, model::kBatchMagic);
    base::store_be<int16_t>(at + 21, 0);
    base::store_be<int32_t>(at + 23, shape.records - 1);
    base::store_be<int64_t>(at + 27, shape.timestamp_ms);
    base::store_be<int64_t>(at + 35, max_timestamp_ms);
    base::store_be<int64_t>(at + 43, shape.producer_id);
    base::store_be<int16_t>(at + 51, shape.producer_epoch);
    base::store_be<int32_t>(at + 53, shape.base_sequence);
    base::store_be<int32_t>(at + 57, shape.records);
    std::memcpy(at + model::kBatchHeaderBytes, records.data(), records.size());
    base::store_be<uint32_t>(at + 17, base::crc32c(batch.bytes().subspan(21)));
    return batch;
}

}  // namespace polylog::log::testing

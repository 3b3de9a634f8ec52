#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "base/slice.h"
#include "model/ids.h"

// The record batch, version 2: the unit that is produced, stored, replicated and fetched, verbatim.
// Layout (Kafka documentation, "Record Batch"; all big-endian):
//
//      0 base_offset i64            21 attributes i16          43 producer_id i64
//      8 length i32 (after it)      23 last_offset_delta i32   51 producer_epoch i16
//     12 leader_epoch i32           27 base_timestamp i64      53 base_sequence i32
//     16 magic i8 = 2               35 max_timestamp i64       57 record_count i32
//     17 crc u32 of bytes 21..end                              61 records
//
// base_offset and leader_epoch lie before what the checksum covers: the log assigns both in place.
namespace polylog::model {

// The fixed part in front of the records (Kafka documentation, "Record Batch").
constexpr size_t kBatchHeaderBytes = 61;
constexpr size_t kBatchLengthEnd = 12;  // `length` counts the bytes from here on
// The only format that is stored; older ones are converted or refused on the way in.
constexpr int8_t kBatchMagic = 2;

enum class Compression : uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };
enum class TimestampType : uint8_t { create_time = 0, append_time = 1 };

// A batch's header, read through; a view that neither owns nor checks. Make one with parse_batch,
// or over bytes that came from our own storage.
class BatchView {
public:
    explicit BatchView(base::Bytes bytes) : bytes_(bytes) {}

    base::Bytes bytes() const { return bytes_; }
    size_t size_bytes() const { return kBatchLengthEnd + static_cast<size_t>(field<int32_t>(8)); }
    Offset base_offset() const { return {field<int64_t>(0)}; }
    Offset last_offset() const { return after_base(last_offset_delta()); }
    Offset next_offset() const { return after_base(int64_t{last_offset_delta()} + 1); }
    LeaderEpoch leader_epoch() const { return {field<int32_t>(12)}; }
    int8_t magic() const { return field<int8_t>(16); }
    uint32_t crc() const { return field<uint32_t>(17); }
    int16_t attributes() const { return field<int16_t>(21); }
    int32_t last_offset_delta() const { return field<int32_t>(23); }
    int64_t base_timestamp_ms() const { return field<int64_t>(27); }
    int64_t max_timestamp_ms() const { return field<int64_t>(35); }
    ProducerId producer_id() const { return {field<int64_t>(43)}; }
    ProducerEpoch producer_epoch() const { return {field<int16_t>(51)}; }
    int32_t base_sequence() const { return field<int32_t>(53); }
    int32_t record_count() const { return field<int32_t>(57); }
    // Compressed if compression_bits() says so.
    base::Bytes records() const { return bytes_.subspan(kBatchHeaderBytes); }

    uint8_t compression_bits() const { return static_cast<uint8_t>(attributes() & 0x07); }
    TimestampType timestamp_type() const {
        return (attributes() & 0x08) ? TimestampType::append_time : TimestampType::create_time;
    }
    bool transactional() const { return (attributes() & 0x10) != 0; }
    bool control() const { return (attributes() & 0x20) != 0; }
    bool has_producer() const { return producer_id() != kNoProducer; }

    // CRC-32C over attributes..end equals the stored one.
    bool crc_matches() const;

private:
    // Nothing vouches for the base offset, not even the checksum: an overflow wraps around.
    Offset after_base(int64_t delta) const {
        return {static_cast<int64_t>(field<uint64_t>(0) + static_cast<uint64_t>(delta))};
    }
    template <class T>
    T field(size_t position) const {
        return base::load_be<T>(bytes_.data() + position);
    }

    base::Bytes bytes_;
};

// The batch at the front of `bytes`, checked for shape only: header complete, magic 2, length
// within `bytes` and not below the header. Errors: corrupt (with what is wrong).
base::Result<BatchView> parse_batch(base::Bytes bytes);

// What the leader sets in a batch it accepts; `batch` must be writable and hold a whole header.
void assign_base_offset(base::MutableBytes batch, Offset base_offset);
void assign_leader_epoch(base::MutableBytes batch, LeaderEpoch leader_epoch);
// Turns the batch into an append-time one: attribute bit 3 and max_timestamp; recomputes the
// checksum.
void assign_append_time(base::MutableBytes batch, int64_t append_time_ms);
// For a producer that stated another maximum than its records have; recomputes the checksum.
void assign_max_timestamp(base::MutableBytes batch, int64_t max_timestamp_ms);
// For a batch whose records were written behind its header: `batch` is all of it, to the last byte.
// Makes the header state the length and the codec; recomputes the checksum.
void assign_records(base::MutableBytes batch, Compression compression);

}  // namespace polylog::model

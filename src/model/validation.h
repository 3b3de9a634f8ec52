#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/slice.h"
#include "model/compression.h"
#include "model/record_batch.h"
#include "model/topic_config.h"

// What a leader checks of a batch that a client sends, before anything is stored.
namespace polylog::model {

// A topic's and a request's demands on a batch.
struct BatchRules {
    int32_t batch_bytes_max = 1'048'588;  // as sent; max.message.bytes
    bool keys_required = false;           // compacted topics
    bool timestamps_checked = true;       // not on topics that stamp records themselves
    int64_t before_max_ms = std::numeric_limits<int64_t>::max();
    int64_t after_max_ms = 3'600'000;
    bool zstd_allowed = true;  // not for clients older than the codec (KIP-110)
    size_t decompressed_bytes_max = kDecompressedBytesMax;

    static BatchRules of(const TopicConfig& config);
};

// A batch that may be appended. `batch` views the payload.
struct ValidatedBatch {
    BatchView batch;
    int64_t max_timestamp_ms = -1;           // of its records
    int32_t max_timestamp_offset_delta = 0;  // the first record that has it
    size_t decompressed_bytes = 0;           // of its records
    // The header's max_timestamp is not that of the records: apply assign_max_timestamp before
    // appending. Kafka corrects it too instead of refusing what old clients get wrong.
    bool max_timestamp_misstated = false;
};

// One record that is to blame (KIP-467).
struct RecordError {
    int32_t index = 0;  // in the batch
    std::string reason;
};

// Why a batch was refused as a whole.
struct BatchRejection {
    base::Error error;
    std::vector<RecordError> records;  // to blame, if any in particular; at most kRecordErrorsMax
};
// Bounds the answer; clients treat the records that are not named as innocent.
constexpr size_t kRecordErrorsMax = 100;

// Checks that `payload` is one batch which may be appended to a topic with these rules, at the
// broker's time `now_ms`. Uncompressed batches cost one pass and no allocation: a checksum and
// about 10 ns per record. Errors:
//
// - invalid_record: no batch or several; another format version; counts, offsets or lengths that
//   contradict each other; a missing key; a batch that only brokers write; records that do not
//   decompress
// - invalid_timestamp: a record's timestamp out of bounds, or the broker's kind of timestamp
// - message_too_large: more than batch_bytes_max, or than decompressed_bytes_max when decompressed
// - corrupt: the checksum is wrong, or the payload ends early, so that it was damaged on its way
// - unsupported_compression: an unknown codec, or zstd where it is not allowed
std::expected<ValidatedBatch, BatchRejection> validate_batches(base::Bytes payload,
                                                               const BatchRules& rules,
                                                               int64_t now_ms,
                                                               Decompressor& decompressor);

}  // namespace polylog::model

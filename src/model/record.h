#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_writer.h"
#include "base/result.h"
#include "base/slice.h"
#include "model/record_batch.h"

// The records inside a batch: reading them one by one, and building batches of our own.
namespace polylog::model {

// One record, as views into the (decompressed) records of its batch.
struct RecordView {
    Offset offset;
    int64_t timestamp_ms = 0;
    std::optional<base::Bytes> key;    // absent = null
    std::optional<base::Bytes> value;  // absent = null: a tombstone on compacted topics
    base::Bytes headers;               // still encoded; see HeaderReader
    int32_t header_count = 0;
};

// Walks uncompressed records. Total over any input: stops with `corrupt` instead of reading past
// the end.
//     RecordReader reader(batch, records);
//     while (reader.has_next()) { TRY(RecordView record, reader.next()); ... }
class RecordReader {
public:
    // `records` are the batch's records after decompression.
    RecordReader(BatchView batch, base::Bytes records) : batch_(batch), rest_(records) {}
    bool has_next() const { return read_ < batch_.record_count(); }
    // About 10 ns. The headers are left to HeaderReader. Errors: corrupt, with the record's index
    // in the batch and what is wrong; the reader stays where it was.
    base::Result<RecordView> next();
    // What lies behind the records read so far; empty after the last one of a sound batch.
    base::Bytes rest() const { return rest_; }

private:
    BatchView batch_;
    base::Bytes rest_;
    int32_t read_ = 0;
};

// A header of a record; views into its batch.
struct HeaderView {
    std::string_view key;
    std::optional<base::Bytes> value;
};

// Walks one record's headers. Total over any input.
class HeaderReader {
public:
    explicit HeaderReader(const RecordView& record)
        : rest_(record.headers), left_(record.header_count) {}
    bool has_next() const { return left_ > 0; }
    // Errors: corrupt, also when bytes are left over behind the last header.
    base::Result<HeaderView> next();

private:
    base::Bytes rest_;
    int32_t left_;
};

// A record to be written; views that must live until BatchBuilder::add returns.
struct RecordInput {
    int64_t timestamp_ms = 0;
    std::optional<base::Bytes> key;
    std::optional<base::Bytes> value;
    std::vector<HeaderView> headers;
};

// What an idempotent producer puts into a batch; as it stands: none.
struct BatchProducer {
    ProducerId id = kNoProducer;
    ProducerEpoch epoch{-1};
    int32_t base_sequence = -1;
};

// Builds one batch: internal topics, the command line, and tests. Base offset 0 and no leader epoch
// until the log assigns them.
class BatchBuilder {
public:
    explicit BatchBuilder(Compression compression = Compression::none, BatchProducer producer = {});
    void add(const RecordInput& record);
    int32_t record_count() const { return count_; }
    // Before compression.
    size_t size_bytes() const { return kBatchHeaderBytes + records_.size_bytes(); }
    // The finished batch with its checksum; the builder is empty afterwards. At least one record
    // was added.
    base::Buffer build();

private:
    Compression compression_;
    BatchProducer producer_;
    int32_t count_ = 0;
    int64_t base_timestamp_ms_ = 0;
    int64_t max_timestamp_ms_ = 0;
    base::ByteWriter records_;
};

}  // namespace polylog::model

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/slice.h"
#include "model/compression.h"
#include "model/record.h"
#include "model/record_batch.h"
#include "model/validation.h"

// Any bytes are read as a batch without overrun. What validation accepts reads through to its last
// record, says the truth about itself, and survives being built again.
namespace polylog::model {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;
constexpr size_t kOutputBytesMax = size_t{1} << 20;

struct Walk {
    int32_t records = 0;
    int64_t max_timestamp_ms = INT64_MIN;
    bool sound = false;
};

// Reads every record and header; adds them to `builder`.
Walk walk(BatchView batch, base::Bytes records, BatchBuilder& builder) {
    Walk result;
    RecordReader reader(batch, records);
    while (reader.has_next()) {
        const auto record = reader.next();
        if (!record) return result;
        RecordInput input{.timestamp_ms = record->timestamp_ms,
                          .key = record->key,
                          .value = record->value,
                          .headers = {}};
        HeaderReader headers(*record);
        while (headers.has_next()) {
            const auto header = headers.next();
            if (!header) return result;
            input.headers.push_back(*header);
        }
        builder.add(input);
        ++result.records;
        result.max_timestamp_ms = std::max(result.max_timestamp_ms, record->timestamp_ms);
    }
    result.sound = reader.rest().empty();
    return result;
}

void judge(base::Bytes bytes, Decompressor& decompressor) {
    const BatchRules rules{.before_max_ms = INT64_MAX,
                           .after_max_ms = INT64_MAX,
                           .decompressed_bytes_max = kOutputBytesMax};
    const auto validated = validate_batches(bytes, rules, kNowMs, decompressor);
    if (!validated) {
        CHECK(validated.error().records.size() <= kRecordErrorsMax);
        return;
    }
    const auto plain = plain_records(validated->batch, decompressor, kOutputBytesMax);
    CHECK(plain && plain->size() == validated->decompressed_bytes);
    BatchBuilder builder;
    const Walk first = walk(validated->batch, *plain, builder);
    CHECK(first.sound && first.records == validated->batch.record_count());
    CHECK(first.max_timestamp_ms == validated->max_timestamp_ms);

    const base::Buffer built = builder.build();
    const auto again = validate_batches(built.bytes(), rules, kNowMs, decompressor);
    CHECK(again && again->batch.record_count() == first.records);
    CHECK(again->max_timestamp_ms == first.max_timestamp_ms && !again->max_timestamp_misstated);
}

void fuzz(base::Bytes bytes) {
    Decompressor decompressor;
    judge(bytes, decompressor);
    if (const auto batch = parse_batch(bytes)) {
        BatchBuilder builder;
        walk(*batch, batch->records(), builder);
    }
    if (bytes.size() < kBatchHeaderBytes) return;
    // The same with what guards the rest put right: version, length, base offset and checksum.
    base::Buffer mended = base::Buffer::copy_of(bytes);
    assign_base_offset(mended.writable(), Offset{0});
    mended.writable()[16] = std::byte{kBatchMagic};
    const auto codec = static_cast<Compression>(BatchView(bytes).compression_bits());
    assign_records(mended.writable(), codec);
    judge(mended.bytes(), decompressor);
}

}  // namespace
}  // namespace polylog::model

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    polylog::model::fuzz({reinterpret_cast<const std::byte*>(data), size});
    return 0;
}

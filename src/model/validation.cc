#include "model/validation.h"

#include <utility>

#include <fmt/format.h>

#include "base/result.h"
#include "model/record.h"

namespace polylog::model {

using base::Bytes;
using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

constexpr size_t kMagicPosition = 16;
constexpr int64_t kNoTimestamp = -1;
constexpr int16_t kDeleteHorizonBit = 0x40;  // gives base_timestamp a meaning among brokers

std::unexpected<BatchRejection> rejected(Error error) {
    return std::unexpected(BatchRejection{std::move(error), {}});
}

// Exactly one batch, of a size that is allowed.
Result<BatchView> sole_batch(Bytes payload, const BatchRules& rules) {
    if (payload.empty()) return fail(ErrorCode::invalid_record, "there is no batch");
    // Judged first: before version 2 the header had another shape.
    if (payload.size() > kMagicPosition && BatchView(payload).magic() != kBatchMagic) {
        return fail(ErrorCode::invalid_record,
                    fmt::format("record format {} is not taken, only {}",
                                BatchView(payload).magic(), kBatchMagic));
    }
    TRY(const BatchView batch, parse_batch(payload));
    if (batch.size_bytes() < payload.size()) {
        return fail(ErrorCode::invalid_record, "there is more than one batch");
    }
    if (std::cmp_greater(batch.size_bytes(), rules.batch_bytes_max)) {
        return fail(ErrorCode::message_too_large,
                    fmt::format("the batch has {} bytes, max.message.bytes is {}",
                                batch.size_bytes(), rules.batch_bytes_max));
    }
    if (!batch.crc_matches()) {
        return fail(ErrorCode::corrupt, "the batch does not match its checksum");
    }
    return batch;
}

Result<void> check_producer(BatchView batch) {
    if (!batch.has_producer()) {
        if (!batch.transactional()) return {};
        return fail(ErrorCode::invalid_record, "a transactional batch needs a producer id");
    }
    if (batch.producer_id().value < 0 || batch.producer_epoch().value < 0 ||
        batch.base_sequence() < 0) {
        return fail(ErrorCode::invalid_record,
                    fmt::format("producer {} has epoch {} and sequence {}: none may be negative",
                                batch.producer_id().value, batch.producer_epoch().value,
                                batch.base_sequence()));
    }
    return {};
}

Result<void> check_header(BatchView batch, const BatchRules& rules) {
    if (batch.base_offset().value != 0) {
        return fail(ErrorCode::invalid_record,
                    fmt::format("the base offset is {}, not 0", batch.base_offset().value));
    }
    if (batch.control()) {
        return fail(ErrorCode::invalid_record, "control batches are written by the broker only");
    }
    if ((batch.attributes() & kDeleteHorizonBit) != 0) {
        return fail(ErrorCode::invalid_record, "delete horizons are set by the broker only");
    }
    if (batch.timestamp_type() != TimestampType::create_time) {
        return fail(ErrorCode::invalid_timestamp, "append times are set by the broker only");
    }
    if (batch.record_count() <= 0 || batch.last_offset_delta() != batch.record_count() - 1) {
        return fail(ErrorCode::invalid_record,
                    fmt::format("{} records cannot have the last offset {}", batch.record_count(),
                                batch.last_offset_delta()));
    }
    TRY(const Compression codec, codec_of(batch));
    if (codec == Compression::zstd && !rules.zstd_allowed) {
        return fail(ErrorCode::unsupported_compression, "zstd is not taken from clients this old");
    }
    return check_producer(batch);
}

bool timestamp_allowed(int64_t timestamp_ms, int64_t now_ms, const BatchRules& rules) {
    if (timestamp_ms == kNoTimestamp) return true;
    int64_t age_ms = 0;
    if (__builtin_sub_overflow(now_ms, timestamp_ms, &age_ms)) return false;
    return age_ms <= rules.before_max_ms && age_ms >= -rules.after_max_ms;
}

Result<void> check_headers(const RecordView& record) {
    HeaderReader headers(record);
    while (headers.has_next()) TRY_VOID(headers.next());
    return {};
}

// One walk over a batch's records. A batch whose bytes contradict themselves is given up at once;
// records that the topic does not take are all found, so that the producer can be told of each.
class RecordsCheck {
public:
    RecordsCheck(const BatchRules& rules, int64_t now_ms) : rules_(rules), now_ms_(now_ms) {}

    std::expected<ValidatedBatch, BatchRejection> run(BatchView batch, Bytes records) {
        ValidatedBatch validated{.batch = batch, .decompressed_bytes = records.size()};
        validated.max_timestamp_ms = std::numeric_limits<int64_t>::min();
        RecordReader reader(batch, records);
        for (int32_t index = 0; reader.has_next(); ++index) {
            const Result<RecordView> record = reader.next();
            if (!record) return malformed(index, std::string(record.error().detail()));
            if (record->offset.value != index) {
                return malformed(index, fmt::format("record {} has offset {}", index,
                                                    record->offset.value));
            }
            if (record->header_count > 0) {
                const Result<void> headers = check_headers(*record);
                if (!headers) return malformed(index, std::string(headers.error().detail()));
            }
            judge(index, *record);
            if (record->timestamp_ms > validated.max_timestamp_ms) {
                validated.max_timestamp_ms = record->timestamp_ms;
                validated.max_timestamp_offset_delta = index;
            }
        }
        if (!reader.rest().empty()) {
            return rejected(
                Error(ErrorCode::invalid_record, "bytes are left over behind the last record"));
        }
        if (!blamed_.empty()) return std::unexpected(blame());
        validated.max_timestamp_misstated = batch.max_timestamp_ms() != validated.max_timestamp_ms;
        return validated;
    }

private:
    static std::unexpected<BatchRejection> malformed(int32_t index, std::string what) {
        Error error(ErrorCode::invalid_record, what);
        return std::unexpected(BatchRejection{std::move(error), {{index, std::move(what)}}});
    }

    // What the topic's rules say about a sound record.
    void judge(int32_t index, const RecordView& record) {
        if (rules_.keys_required && !record.key) [[unlikely]] {
            add(index, "the topic is compacted: records need a key");
        } else if (rules_.timestamps_checked &&
                   !timestamp_allowed(record.timestamp_ms, now_ms_, rules_)) [[unlikely]] {
            timestamp_refused_ = true;
            add(index, fmt::format("timestamp {} is more than {} ms before or {} ms after {}",
                                   record.timestamp_ms, rules_.before_max_ms, rules_.after_max_ms,
                                   now_ms_));
        }
    }
    void add(int32_t index, std::string reason) {
        ++refused_;
        if (blamed_.size() < kRecordErrorsMax) blamed_.push_back({index, std::move(reason)});
    }
    // As in Kafka, one bad timestamp makes it a matter of timestamps.
    BatchRejection blame() {
        const ErrorCode code = timestamp_refused_ ? ErrorCode::invalid_timestamp
                                                  : ErrorCode::invalid_record;
        Error error(code, fmt::format("{} records refused; record {}: {}", refused_,
                                      blamed_[0].index, blamed_[0].reason));
        return {std::move(error), std::move(blamed_)};
    }

    const BatchRules& rules_;
    int64_t now_ms_;
    int32_t refused_ = 0;
    bool timestamp_refused_ = false;
    std::vector<RecordError> blamed_;
};

}  // namespace

BatchRules BatchRules::of(const TopicConfig& config) {
    return {.batch_bytes_max = config.max_message_bytes,
            .keys_required = config.compact,
            .timestamps_checked = config.message_timestamp_type == TimestampType::create_time,
            .before_max_ms = config.message_timestamp_before_max_ms,
            .after_max_ms = config.message_timestamp_after_max_ms};
}

std::expected<ValidatedBatch, BatchRejection> validate_batches(Bytes payload,
                                                               const BatchRules& rules,
                                                               int64_t now_ms,
                                                               Decompressor& decompressor) {
    const Result<BatchView> batch = sole_batch(payload, rules);
    if (!batch) return rejected(batch.error());
    const Result<void> header = check_header(*batch, rules);
    if (!header) return rejected(header.error());
    const Result<Bytes> records = plain_records(*batch, decompressor, rules.decompressed_bytes_max);
    // The checksum matched, so the producer wrote it this way, and sending it again would not help.
    if (!records && records.error() == ErrorCode::corrupt) {
        return rejected(Error(ErrorCode::invalid_record, std::string(records.error().detail())));
    }
    if (!records) return rejected(records.error());
    return RecordsCheck(rules, now_ms).run(*batch, *records);
}

}  // namespace polylog::model

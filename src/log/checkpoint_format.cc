#include "log/checkpoint_format.h"

#include <fmt/core.h>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/crc32c.h"

namespace polylog::log {

using base::ByteReader;
using base::Bytes;
using base::ByteWriter;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Slice;
using model::Offset;

namespace {

constexpr uint32_t kMagic = 0x314b4350;  // "PCK1" as little-endian bytes
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 64;
constexpr uint32_t kCleanStop = 1;  // flag
constexpr size_t kCrcBytes = sizeof(uint32_t);
constexpr size_t kSegmentBytes = 28;
constexpr size_t kEpochBytes = 12;
constexpr size_t kProducerBytesMin = 19;

void put(ByteWriter& writer, const SegmentRecord& segment) {
    writer.le<int64_t>(segment.base.value);
    writer.le<uint32_t>(segment.size_bytes);
    writer.le<int64_t>(segment.first_timestamp_ms);
    writer.le<int64_t>(segment.max_timestamp_ms);
}

SegmentRecord take_segment(ByteReader& reader) {
    return {.base = {reader.le<int64_t>()},
            .size_bytes = reader.le<uint32_t>(),
            .first_timestamp_ms = reader.le<int64_t>(),
            .max_timestamp_ms = reader.le<int64_t>()};
}

void put(ByteWriter& writer, model::ProducerId id, const ProducerState::Producer& producer) {
    writer.le<int64_t>(id.value);
    writer.le<int16_t>(producer.epoch.value);
    writer.le<int64_t>(producer.last_timestamp_ms);
    writer.le<uint8_t>(producer.batch_count);
    for (uint8_t i = 0; i < producer.batch_count; ++i) {
        const ProducerState::BatchRecord& batch = producer.batches[i];
        writer.le<int32_t>(batch.first_sequence);
        writer.le<int32_t>(batch.last_sequence);
        writer.le<int64_t>(batch.first_offset.value);
        writer.le<int64_t>(batch.last_offset.value);
        writer.le<int64_t>(batch.timestamp_ms);
    }
}

std::pair<model::ProducerId, ProducerState::Producer> take_producer(ByteReader& reader) {
    const model::ProducerId id{reader.le<int64_t>()};
    ProducerState::Producer producer{.epoch = {reader.le<int16_t>()}};
    producer.last_timestamp_ms = reader.le<int64_t>();
    producer.batch_count = reader.le<uint8_t>();
    if (producer.batch_count > ProducerState::kBatchesRemembered) {
        reader.fail();
        return {id, {}};
    }
    for (uint8_t i = 0; i < producer.batch_count; ++i) {
        producer.batches[i] = {.first_sequence = reader.le<int32_t>(),
                               .last_sequence = reader.le<int32_t>(),
                               .first_offset = {reader.le<int64_t>()},
                               .last_offset = {reader.le<int64_t>()},
                               .timestamp_ms = reader.le<int64_t>()};
    }
    return {id, producer};
}

// A count that the bytes left can hold; otherwise the reader fails.
uint32_t take_count(ByteReader& reader, size_t bytes_each) {
    const auto count = reader.le<uint32_t>();
    if (count * uint64_t{bytes_each} > reader.remaining()) reader.fail();
    return reader.ok() ? count : 0;
}

base::Uuid take_uuid(ByteReader& reader) {
    base::Uuid uuid;
    const Bytes bytes = reader.take(uuid.bytes.size());
    if (!bytes.empty()) std::memcpy(uuid.bytes.data(), bytes.data(), bytes.size());
    return uuid;
}

Bytes bytes_of(const base::Uuid& uuid) {
    return std::as_bytes(std::span(uuid.bytes));
}

// What decoding cannot see byte by byte, but every later step relies on.
bool makes_sense(const LogRecord& log) {
    if (log.start < Offset{0} || log.start > log.end || log.segment_bytes <= 0) return false;
    for (size_t i = 0; i < log.segments.size(); ++i) {
        const SegmentRecord& segment = log.segments[i];
        const Offset end = i + 1 < log.segments.size() ? log.segments[i + 1].base : log.end;
        if (segment.size_bytes == 0 || segment.size_bytes > INT32_MAX || segment.base >= end)
            return false;
    }
    for (size_t i = 1; i < log.producers.size(); ++i) {
        if (log.producers[i].first <= log.producers[i - 1].first) return false;
    }
    for (size_t i = 1; i < log.epochs.size(); ++i) {
        if (log.epochs[i].epoch <= log.epochs[i - 1].epoch) return false;
        if (log.epochs[i].start <= log.epochs[i - 1].start) return false;
    }
    if (log.segments.empty()) return log.start == log.end;
    return log.segments.front().base >= Offset{0} && log.segments.front().base <= log.start;
}

// `bytes` is one record without its length.
Result<LogRecord> decode_record(Bytes bytes) {
    ByteReader reader(bytes);
    LogRecord log;
    log.id.topic = {take_uuid(reader)};
    log.id.partition = {reader.le<int32_t>()};
    const auto mode = reader.le<uint8_t>();
    log.mode = mode == 0 ? WalMode::durable : WalMode::buffered;
    log.topic_name = base::as_text(reader.take(reader.le<uint16_t>()));
    log.start = {reader.le<int64_t>()};
    log.end = {reader.le<int64_t>()};
    log.high_watermark = {reader.le<int64_t>()};
    log.segment_bytes = reader.le<int32_t>();
    for (uint32_t left = take_count(reader, kSegmentBytes); left > 0; --left) {
        log.segments.push_back(take_segment(reader));
    }
    for (uint32_t left = take_count(reader, kEpochBytes); left > 0; --left) {
        const model::LeaderEpoch epoch{reader.le<int32_t>()};
        log.epochs.push_back({.epoch = epoch, .start = {reader.le<int64_t>()}});
    }
    for (uint32_t left = take_count(reader, kProducerBytesMin); left > 0 && reader.ok(); --left) {
        log.producers.push_back(take_producer(reader));
    }
    if (!reader.ok() || reader.remaining() > 0 || mode > 1 || !makes_sense(log)) {
        return fail(ErrorCode::corrupt, fmt::format("the record of {}-{} is malformed",
                                                    log.topic_name, log.id.partition.value));
    }
    return log;
}

}  // namespace

std::string encode_record(const LogRecord& log) {
    ByteWriter writer;
    writer.le<uint32_t>(0);  // the length, see below
    writer.bytes(bytes_of(log.id.topic.value));
    writer.le<int32_t>(log.id.partition.value);
    writer.le<uint8_t>(log.mode == WalMode::durable ? 0 : 1);
    writer.le<uint16_t>(static_cast<uint16_t>(log.topic_name.size()));
    writer.text(log.topic_name);
    writer.le<int64_t>(log.start.value);
    writer.le<int64_t>(log.end.value);
    writer.le<int64_t>(log.high_watermark.value);
    writer.le<int32_t>(log.segment_bytes);
    writer.le<uint32_t>(static_cast<uint32_t>(log.segments.size()));
    for (const SegmentRecord& segment : log.segments) put(writer, segment);
    writer.le<uint32_t>(static_cast<uint32_t>(log.epochs.size()));
    for (const EpochHistory::Entry& entry : log.epochs) {
        writer.le<int32_t>(entry.epoch.value);
        writer.le<int64_t>(entry.start.value);
    }
    writer.le<uint32_t>(static_cast<uint32_t>(log.producers.size()));
    for (const auto& [id, producer] : log.producers) put(writer, id, producer);

    std::string record(base::as_text(writer.written()));
    base::store_le(reinterpret_cast<std::byte*>(record.data()),
                   static_cast<uint32_t>(record.size() - sizeof(uint32_t)));
    return record;
}

Slice encode_checkpoint(const CheckpointHeader& header,
                        const std::vector<std::string_view>& records) {
    size_t size_bytes = kHeaderBytes + kCrcBytes;
    for (const std::string_view record : records) size_bytes += record.size();
    ByteWriter writer(size_bytes);
    writer.le<uint32_t>(kMagic);
    writer.le<uint32_t>(kVersion);
    writer.bytes(bytes_of(header.data_directory_id));
    writer.le<uint32_t>(header.storage_index);
    writer.le<uint32_t>(header.clean_stop ? kCleanStop : 0);
    writer.le<uint64_t>(header.durable.value);
    writer.le<uint64_t>(header.buffered.value);
    writer.le<uint32_t>(static_cast<uint32_t>(records.size()));
    while (writer.size_bytes() < kHeaderBytes) writer.le<uint32_t>(0);
    for (const std::string_view record : records) writer.text(record);
    writer.le<uint32_t>(base::crc32c(writer.written()));
    return writer.finish();
}

Result<Checkpoint> decode_checkpoint(Bytes file) {
    if (file.size() < kHeaderBytes + kCrcBytes) return fail(ErrorCode::corrupt, "too short");
    const Bytes checked = file.first(file.size() - kCrcBytes);
    ByteReader reader(checked);
    if (reader.le<uint32_t>() != kMagic) return fail(ErrorCode::corrupt, "not a checkpoint");
    const auto version = reader.le<uint32_t>();
    if (version != kVersion) {
        return fail(ErrorCode::corrupt, fmt::format("version {} is not known here", version));
    }
    if (base::load_le<uint32_t>(checked.data() + checked.size()) != base::crc32c(checked)) {
        return fail(ErrorCode::corrupt, "checksum mismatch");
    }
    Checkpoint checkpoint;
    checkpoint.header.data_directory_id = take_uuid(reader);
    checkpoint.header.storage_index = reader.le<uint32_t>();
    checkpoint.header.clean_stop = (reader.le<uint32_t>() & kCleanStop) != 0;
    checkpoint.header.durable = {reader.le<uint64_t>()};
    checkpoint.header.buffered = {reader.le<uint64_t>()};
    const auto record_count = reader.le<uint32_t>();
    reader.take(kHeaderBytes - (checked.size() - reader.remaining()));
    for (uint32_t i = 0; i < record_count && reader.ok(); ++i) {
        const Bytes record = reader.take(reader.le<uint32_t>());
        TRY(LogRecord log, decode_record(record));
        if (i > 0 && log.id <= checkpoint.logs.back().id) {
            return fail(ErrorCode::corrupt, "records are out of order");
        }
        checkpoint.logs.push_back(std::move(log));
    }
    if (!reader.ok() || reader.remaining() > 0) return fail(ErrorCode::corrupt, "malformed");
    return checkpoint;
}

}  // namespace polylog::log

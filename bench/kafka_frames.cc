#include "bench/kafka_frames.h"

#include <fmt/format.h>

#include "base/crc32c.h"
#include "model/record_batch.h"

namespace polylog::bench {

namespace {

constexpr int16_t kProduce = 0;
constexpr int16_t kFetch = 1;
constexpr int16_t kListOffsets = 2;
constexpr int16_t kMetadata = 3;
constexpr int16_t kApiVersions = 18;
constexpr int16_t kCreateTopics = 19;

constexpr std::string_view kClientName = "polylog-bench";
constexpr int32_t kProduceTimeoutMs = 30'000;
constexpr int32_t kNoEpoch = -1;
constexpr int32_t kConsumer = -1;  // the replica id of who is no replica

base::Error broken(std::string_view response) {
    return {base::ErrorCode::corrupt,
            fmt::format("a {} response that ends early or says too much", response)};
}

base::Error refused(std::string_view request, int16_t error) {
    return {base::ErrorCode::internal,
            fmt::format("{}: the broker answered error {}", request, error)};
}

void append_varint(std::vector<std::byte>& out, int64_t value) {
    uint64_t bits = (static_cast<uint64_t>(value) << 1) ^
                    static_cast<uint64_t>(value >> 63);  // zigzag
    for (; bits >= 0x80; bits >>= 7) out.push_back(static_cast<std::byte>(bits | 0x80));
    out.push_back(static_cast<std::byte>(bits));
}

// Bytes that look random to a compressor, the same in every run.
class Noise {
public:
    std::byte next() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<std::byte>(state_);
    }

private:
    uint64_t state_ = 0x9e3779b97f4a7c15;
};

}  // namespace

FrameWriter::FrameWriter(int16_t api_key, int16_t api_version) {
    integer<int32_t>(0);  // size, set by finish()
    integer(api_key).integer(api_version).integer<int32_t>(0);
    integer(static_cast<int16_t>(kClientName.size()));
    const base::Bytes name = base::as_bytes(kClientName);
    bytes_.insert(bytes_.end(), name.begin(), name.end());
    no_tags();
}

FrameWriter& FrameWriter::uvarint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<std::byte>(value | 0x80));
    bytes_.push_back(static_cast<std::byte>(value));
    return *this;
}

FrameWriter& FrameWriter::compact_string(std::string_view text) {
    compact_length(text.size());
    const base::Bytes bytes = base::as_bytes(text);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
}

std::vector<std::byte> FrameWriter::finish(size_t bytes_behind) && {
    base::store_be(bytes_.data(), static_cast<int32_t>(bytes_.size() - kSizeBytes + bytes_behind));
    return std::move(bytes_);
}

FrameReader::FrameReader(base::Bytes frame) : left_(frame) {
    integer<int32_t>();  // size: the caller cut the frame by it
    correlation_ = integer<int32_t>();
}

base::Bytes FrameReader::take(size_t count) {
    if (count > left_.size()) {
        ok_ = false;
        left_ = {};
        return {};
    }
    const base::Bytes taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
}

uint64_t FrameReader::uvarint() {
    constexpr int kMaxShift = 63;
    uint64_t value = 0;
    for (int shift = 0; shift <= kMaxShift; shift += 7) {
        const auto byte = integer<uint8_t>();
        value |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
}

base::Bytes FrameReader::compact_bytes() {
    const uint64_t length = uvarint();
    return length == 0 ? base::Bytes() : take(length - 1);
}

std::string_view FrameReader::compact_string() {
    return base::as_text(compact_bytes());
}

size_t FrameReader::compact_length() {
    const uint64_t length = uvarint();
    if (length == 0) return 0;
    if (length - 1 > left_.size()) {
        ok_ = false;
        left_ = {};
        return 0;
    }
    return length - 1;
}

void FrameReader::skip_tags() {
    for (uint64_t count = uvarint(); count > 0 && ok_; --count) {
        uvarint();  // tag
        take(uvarint());
    }
}

void set_correlation(base::MutableBytes request, int32_t correlation) {
    base::store_be(request.data() + kCorrelationAt, correlation);
}

size_t frame_bytes(base::Bytes received) {
    if (received.size() < kSizeBytes) return 0;
    return kSizeBytes + base::load_be<uint32_t>(received.data());
}

std::vector<std::byte> encode_batch(const BatchSpec& spec) {
    std::vector<std::byte> batch(model::kBatchHeaderBytes);
    Noise noise;
    std::vector<std::byte> record;
    for (int32_t index = 0; index < spec.records; ++index) {
        record.assign(1, std::byte{0});  // attributes
        append_varint(record, 0);        // timestamp delta
        append_varint(record, index);    // offset delta
        append_varint(record, -1);       // null key
        append_varint(record, static_cast<int64_t>(spec.value_bytes));
        for (size_t i = 0; i < spec.value_bytes; ++i) record.push_back(noise.next());
        append_varint(record, 0);  // headers
        append_varint(batch, static_cast<int64_t>(record.size()));
        batch.insert(batch.end(), record.begin(), record.end());
    }
    std::byte* at = batch.data();  // the layout is drawn in model/record_batch.h
    base::store_be<int64_t>(at, 0);
    base::store_be(at + 8, static_cast<int32_t>(batch.size() - model::kBatchLengthEnd));
    base::store_be(at + 12, kNoEpoch);
    base::store_be(at + 16, model::kBatchMagic);
    base::store_be<int16_t>(at + 21, 0);
    base::store_be(at + 23, spec.records - 1);
    base::store_be(at + 27, spec.timestamp_ms);
    base::store_be(at + 35, spec.timestamp_ms);
    base::store_be<int64_t>(at + 43, -1);
    base::store_be<int16_t>(at + 51, -1);
    base::store_be<int32_t>(at + 53, -1);
    base::store_be(at + 57, spec.records);
    base::store_be(at + 17, base::crc32c(base::Bytes(batch).subspan(21)));
    return batch;
}

std::vector<std::byte> encode_api_versions_request() {
    FrameWriter frame(kApiVersions, 3);
    frame.compact_string(kClientName).compact_string("1").no_tags();
    return std::move(frame).finish();
}

base::Result<void> decode_api_versions_response(base::Bytes frame) {
    FrameReader reader(frame);
    const auto error = reader.integer<int16_t>();
    const size_t keys = reader.compact_length();
    if (!reader.ok() || keys == 0) return base::fail(broken("ApiVersions"));
    if (error != 0) return base::fail(refused("ApiVersions", error));
    return {};
}

std::vector<std::byte> encode_metadata_request(std::string_view topic) {
    FrameWriter frame(kMetadata, 9);
    frame.compact_length(1).compact_string(topic).no_tags();
    frame.truth(false).truth(false).truth(
        false);  // auto-creation, authorised operations of cluster and topic
    frame.no_tags();
    return std::move(frame).finish();
}

base::Result<TopicMetadata> decode_metadata_response(base::Bytes frame) {
    FrameReader reader(frame);
    reader.skip_tags();
    reader.integer<int32_t>();  // throttle time
    for (size_t brokers = reader.compact_length(); brokers > 0; --brokers) {
        reader.integer<int32_t>();
        reader.compact_string();
        reader.integer<int32_t>();
        reader.compact_string();
        reader.skip_tags();
    }
    reader.compact_string();    // cluster id
    reader.integer<int32_t>();  // controller
    if (reader.compact_length() != 1) return base::fail(broken("Metadata"));
    TopicMetadata topic{.error = reader.integer<int16_t>()};
    reader.compact_string();
    reader.integer<int8_t>();  // internal
    topic.partitions = reader.compact_length();
    for (size_t i = 0; i < topic.partitions && reader.ok(); ++i) {
        const auto error = reader.integer<int16_t>();
        reader.integer<int32_t>();  // index
        const auto leader = reader.integer<int32_t>();
        reader.integer<int32_t>();                 // leader epoch
        for (int lists = 0; lists < 3; ++lists) {  // replicas, in-sync and offline ones
            reader.skip_integers(reader.compact_length(), sizeof(int32_t));
        }
        reader.skip_tags();
        if (error == 0 && leader >= 0) ++topic.partitions_with_leader;
    }
    if (!reader.ok()) return base::fail(broken("Metadata"));
    return topic;
}

std::vector<std::byte> encode_create_topics_request(const TopicSpec& topic, int32_t timeout_ms) {
    FrameWriter frame(kCreateTopics, 5);
    frame.compact_length(1)
        .compact_string(topic.name)
        .integer(topic.partitions)
        .integer<int16_t>(1);
    frame.compact_length(0);  // assignments: the broker's choice
    frame.compact_length(topic.configs.size());
    for (const auto& [key, value] : topic.configs)
        frame.compact_string(key).compact_string(value).no_tags();
    frame.no_tags().integer(timeout_ms).truth(false).no_tags();
    return std::move(frame).finish();
}

base::Result<int16_t> decode_create_topics_response(base::Bytes frame) {
    FrameReader reader(frame);
    reader.skip_tags();
    reader.integer<int32_t>();  // throttle time
    const size_t topics = reader.compact_length();
    reader.compact_string();
    const auto error = reader.integer<int16_t>();
    if (!reader.ok() || topics != 1) return base::fail(broken("CreateTopics"));
    return error;
}

ProduceHead encode_produce_head(std::string_view topic, int16_t acks, size_t batch_bytes) {
    FrameWriter frame(kProduce, 9);
    frame.compact_null().integer(acks).integer(kProduceTimeoutMs);  // no transactional id
    frame.compact_length(1).compact_string(topic).compact_length(1);
    const size_t partition_at = frame.position();
    frame.integer<int32_t>(0).compact_length(batch_bytes);
    return {.bytes = std::move(frame).finish(batch_bytes + kProduceTrailerBytes),
            .partition_at = partition_at};
}

base::Result<Produced> decode_produce_response(base::Bytes frame) {
    FrameReader reader(frame);
    reader.skip_tags();
    const size_t topics = reader.compact_length();
    reader.compact_string();
    const size_t partitions = reader.compact_length();
    reader.integer<int32_t>();
    const Produced produced{.error = reader.integer<int16_t>(),
                            .base_offset = reader.integer<int64_t>()};
    if (!reader.ok() || topics != 1 || partitions != 1) return base::fail(broken("Produce"));
    return produced;
}

FetchRequest encode_fetch_request(const FetchSpec& spec) {
    constexpr int32_t kNoSession = 0;
    constexpr int32_t kNoSessionEpoch = -1;
    FetchRequest request;
    FrameWriter frame(kFetch, 12);
    frame.integer(kConsumer)
        .integer(spec.max_wait_ms)
        .integer(spec.min_bytes)
        .integer(spec.max_bytes);
    frame.integer<int8_t>(0).integer(kNoSession).integer(kNoSessionEpoch);  // read uncommitted
    frame.compact_length(1).compact_string(spec.topic).compact_length(spec.partitions.size());
    for (const int32_t partition : spec.partitions) {
        frame.integer(partition).integer(kNoEpoch);
        request.offsets_at.push_back(frame.position());
        frame.integer<int64_t>(0).integer(kNoEpoch);  // fetch offset, last fetched epoch
        frame.integer<int64_t>(-1);                   // log start offset: for replicas
        frame.integer(spec.partition_max_bytes).no_tags();
    }
    frame.no_tags();
    frame.compact_length(0).compact_string("").no_tags();  // forgotten topics, rack
    request.bytes = std::move(frame).finish();
    return request;
}

base::Result<void> decode_fetch_response(base::Bytes frame, const TakeFetched& take) {
    constexpr size_t
        kAbortedTransactionBytes = 16;  // producer id and first offset, before the tags
    FrameReader reader(frame);
    reader.skip_tags();
    reader.integer<int32_t>();  // throttle time
    const auto error = reader.integer<int16_t>();
    reader.integer<int32_t>();  // session
    const size_t topics = reader.compact_length();
    if (!reader.ok()) return base::fail(broken("Fetch"));
    if (error != 0) return base::fail(refused("Fetch", error));
    for (size_t topic = 0; topic < topics; ++topic) {
        reader.compact_string();
        for (size_t partitions = reader.compact_length(); partitions > 0; --partitions) {
            FetchedPartition partition;
            partition.index = reader.integer<int32_t>();
            partition.error = reader.integer<int16_t>();
            partition.high_watermark = reader.integer<int64_t>();
            reader.integer<int64_t>();  // last stable offset
            partition.log_start_offset = reader.integer<int64_t>();
            for (size_t aborted = reader.compact_length(); aborted > 0; --aborted) {
                reader.skip_integers(1, kAbortedTransactionBytes);
                reader.skip_tags();
            }
            reader.integer<int32_t>();  // preferred read replica
            partition.records = reader.compact_bytes();
            reader.skip_tags();
            if (!reader.ok()) return base::fail(broken("Fetch"));
            TRY_VOID(take(partition));
        }
        reader.skip_tags();
    }
    reader.skip_tags();
    if (!reader.ok()) return base::fail(broken("Fetch"));
    return {};
}

std::vector<std::byte> encode_list_offsets_request(std::string_view topic, int32_t partitions,
                                                   int64_t timestamp) {
    FrameWriter frame(kListOffsets, 6);
    frame.integer(kConsumer).integer<int8_t>(0);  // read uncommitted
    frame.compact_length(1).compact_string(topic).compact_length(static_cast<size_t>(partitions));
    for (int32_t partition = 0; partition < partitions; ++partition) {
        frame.integer(partition).integer(kNoEpoch).integer(timestamp).no_tags();
    }
    frame.no_tags().no_tags();
    return std::move(frame).finish();
}

base::Result<std::vector<int64_t>> decode_list_offsets_response(base::Bytes frame) {
    FrameReader reader(frame);
    reader.skip_tags();
    reader.integer<int32_t>();  // throttle time
    const size_t topics = reader.compact_length();
    reader.compact_string();
    std::vector<int64_t> offsets(topics == 1 ? reader.compact_length() : 0);
    for (size_t i = 0; i < offsets.size() && reader.ok(); ++i) {
        const auto index = reader.integer<uint32_t>();
        const auto error = reader.integer<int16_t>();
        reader.integer<int64_t>();  // timestamp
        const auto offset = reader.integer<int64_t>();
        reader.integer<int32_t>();  // leader epoch
        reader.skip_tags();
        if (error != 0) return base::fail(refused("ListOffsets", error));
        if (index >= offsets.size()) return base::fail(broken("ListOffsets"));
        offsets[index] = offset;
    }
    if (!reader.ok() || topics != 1) return base::fail(broken("ListOffsets"));
    return offsets;
}

}  // namespace polylog::bench

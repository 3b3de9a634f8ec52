#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/slice.h"

// The few Kafka requests that the load programs send, one version of each (all flexible), written
// so that a request can be built once and patched. Field order and types: Kafka protocol guide,
// request and response schemas; header v2 for requests, v1 for responses. A frame here always
// includes its four size bytes.
namespace polylog::bench {

constexpr size_t kSizeBytes = 4;
constexpr size_t kCorrelationAt = 8;  // in a request; behind size, key and version

// Kafka error codes that the load programs treat specially (protocol guide, "Error Codes").
constexpr int16_t kTopicAlreadyExists = 36;

// Appends fields to a request frame.
class FrameWriter {
public:
    FrameWriter(int16_t api_key, int16_t api_version);

    template <std::integral T>
    FrameWriter& integer(T value) {
        bytes_.resize(bytes_.size() + sizeof value);
        base::store_be(bytes_.data() + bytes_.size() - sizeof value, value);
        return *this;
    }
    FrameWriter& truth(bool value) { return integer<int8_t>(value ? 1 : 0); }
    FrameWriter& uvarint(uint64_t value);
    FrameWriter& compact_string(std::string_view text);
    FrameWriter& compact_null() { return uvarint(0); }
    // The count before a compact array's elements, or the size before compact bytes.
    FrameWriter& compact_length(size_t length) { return uvarint(length + 1); }
    FrameWriter& no_tags() { return uvarint(0); }

    size_t position() const { return bytes_.size(); }
    // The frame, its size field counting `bytes_behind` more that the caller sends after it.
    std::vector<std::byte> finish(size_t bytes_behind = 0) &&;

private:
    std::vector<std::byte> bytes_;
};

// Reads fields of a response frame; total: behind the end everything reads as zero and ok() turns
// false.
class FrameReader {
public:
    // `frame` starts with its size field.
    explicit FrameReader(base::Bytes frame);

    int32_t correlation() const { return correlation_; }
    bool ok() const { return ok_; }

    template <std::integral T>
    T integer() {
        const base::Bytes bytes = take(sizeof(T));
        return ok_ ? base::load_be<T>(bytes.data()) : T{};
    }
    uint64_t uvarint();
    std::string_view compact_string();  // empty when null
    base::Bytes compact_bytes();        // empty when null
    // An array's element count; 0 for a null one and for one that cannot fit into what is left.
    size_t compact_length();
    void skip_tags();
    void skip_integers(size_t count, size_t bytes_each) { take(count * bytes_each); }

private:
    base::Bytes take(size_t count);

    base::Bytes left_;
    int32_t correlation_ = 0;
    bool ok_ = true;
};

// A request frame whose correlation id is patched for each use.
void set_correlation(base::MutableBytes request, int32_t correlation);

// Size of the response frame at the front of `received`; 0 while its size field is incomplete.
size_t frame_bytes(base::Bytes received);

// One record batch (format v2, uncompressed, no producer id), each record with a null key and a
// value of `value_bytes` bytes that do not compress.
struct BatchSpec {
    int32_t records = 16;
    size_t value_bytes = 1024;
    int64_t timestamp_ms = 0;
};
std::vector<std::byte> encode_batch(const BatchSpec& spec);

// ---- ApiVersions v3
std::vector<std::byte> encode_api_versions_request();
// Its response has header v0 at every version. Errors: corrupt, or the broker's error code.
base::Result<void> decode_api_versions_response(base::Bytes frame);

// ---- Metadata v9, of one topic
struct TopicMetadata {
    int16_t error = 0;
    size_t partitions = 0;
    size_t partitions_with_leader = 0;
};
std::vector<std::byte> encode_metadata_request(std::string_view topic);
base::Result<TopicMetadata> decode_metadata_response(base::Bytes frame);

// ---- CreateTopics v5, one topic with one replica
struct TopicSpec {
    std::string name;
    int32_t partitions = 1;
    std::vector<std::pair<std::string, std::string>> configs = {};
};
std::vector<std::byte> encode_create_topics_request(const TopicSpec& topic, int32_t timeout_ms);
// The topic's error code. Errors: corrupt.
base::Result<int16_t> decode_create_topics_response(base::Bytes frame);

// ---- Produce v9, one batch for one partition; `batch_bytes` and kProduceTrailerBytes zero bytes
// follow the head
constexpr size_t kProduceTrailerBytes = 3;  // empty tag sections of partition, topic and request
struct ProduceHead {
    std::vector<std::byte> bytes;
    size_t partition_at = 0;  // where the partition index is patched
};
ProduceHead encode_produce_head(std::string_view topic, int16_t acks, size_t batch_bytes);
struct Produced {
    int16_t error = 0;
    int64_t base_offset = 0;
};
base::Result<Produced> decode_produce_response(base::Bytes frame);

// ---- Fetch v12, partitions of one topic, without a fetch session
struct FetchSpec {
    std::string_view topic;
    std::vector<int32_t> partitions;
    int32_t max_wait_ms = 500;
    int32_t min_bytes = 1;
    int32_t max_bytes = 50 << 20;
    int32_t partition_max_bytes = 1 << 20;
};
struct FetchRequest {
    std::vector<std::byte> bytes;
    std::vector<size_t>
        offsets_at;  // where each partition's fetch offset is patched, in the order of the spec
};
FetchRequest encode_fetch_request(const FetchSpec& spec);
struct FetchedPartition {
    int32_t index = 0;
    int16_t error = 0;
    int64_t high_watermark = 0;
    int64_t log_start_offset = 0;
    base::Bytes records;  // whole batches; the last one may be cut off
};
// Calls `take` for each partition. Errors: corrupt, internal (the response's own error code), or
// `take`'s.
using TakeFetched = std::function<base::Result<void>(const FetchedPartition&)>;
base::Result<void> decode_fetch_response(base::Bytes frame, const TakeFetched& take);

// ---- ListOffsets v6, partitions 0 .. count-1 of one topic
constexpr int64_t kLatest = -1;
constexpr int64_t kEarliest = -2;
std::vector<std::byte> encode_list_offsets_request(std::string_view topic, int32_t partitions,
                                                   int64_t timestamp);
// Offsets by partition index. Errors: corrupt, internal (a partition's error code).
base::Result<std::vector<int64_t>> decode_list_offsets_response(base::Bytes frame);

}  // namespace polylog::bench

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/record_batch.h"

namespace polylog::client {

// A header of a record; owns its bytes.
struct Header {
    std::string key;
    std::optional<std::string> value;  // absent = null
    bool operator==(const Header&) const = default;
};

// A record on its way to the broker; owns its bytes.
struct Record {
    std::optional<std::string> key;    // absent = null
    std::optional<std::string> value;  // absent = null: a tombstone on compacted topics
    std::vector<Header> headers;
    std::optional<int64_t> timestamp_ms;  // absent: the time it is sent
    std::optional<int32_t> partition;     // absent: the partitioner decides

    // What it roughly takes in a batch.
    size_t size_bytes() const {
        size_t size = 32 + (key ? key->size() : 0) + (value ? value->size() : 0);
        for (const Header& header : headers) {
            size += 8 + header.key.size() + (header.value ? header.value->size() : 0);
        }
        return size;
    }
};

// A record that was read; owns its bytes.
struct ConsumedRecord {
    std::string topic;
    int32_t partition = 0;
    int64_t offset = 0;
    int32_t leader_epoch = -1;
    int64_t timestamp_ms = 0;
    model::TimestampType timestamp_type = model::TimestampType::create_time;
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<Header> headers;
};

// A partition as the protocol names it.
struct TopicPartition {
    std::string topic;
    int32_t partition = 0;
    auto operator<=>(const TopicPartition&) const = default;
};

}  // namespace polylog::client

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct OffsetForLeaderEpochResponse;

// Where a leader epoch ended: how readers find out that their log was truncated (KIP-320).
struct OffsetForLeaderEpochRequest {
    static constexpr Api api{
        .key = 23, .name = "OffsetForLeaderEpoch", .min = 2, .max = 4, .flexible_from = 4};
    using Response = OffsetForLeaderEpochResponse;

    struct Partition {
        int32_t partition = 0;
        int32_t current_leader_epoch = -1;  // -1: not checked
        int32_t leader_epoch = 0;
        void wire(auto& io) { io(partition)(current_leader_epoch)(leader_epoch); }
    };
    struct Topic {
        std::string_view topic;
        std::vector<Partition> partitions;
        void wire(auto& io) { io(topic)(partitions); }
    };

    int32_t replica_id = -2;  // -1: a consumer, -2: a debugging consumer
    std::vector<Topic> topics;

    void wire(auto& io) { io.since(3, replica_id)(topics); }
};

struct OffsetForLeaderEpochResponse {
    static constexpr Api api = OffsetForLeaderEpochRequest::api;

    struct Partition {
        ApiError error_code = ApiError::none;
        int32_t partition = 0;
        int32_t leader_epoch = -1;  // the largest epoch up to the one asked for
        int64_t end_offset = -1;    // one past its last record
        void wire(auto& io) { io(error_code)(partition)(leader_epoch)(end_offset); }
    };
    struct Topic {
        std::string topic;
        std::vector<Partition> partitions;
        void wire(auto& io) { io(topic)(partitions); }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;

    void wire(auto& io) { io(throttle_time_ms)(topics); }
};

}  // namespace polylog::kafka

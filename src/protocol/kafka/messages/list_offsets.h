#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/messages/isolation_level.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

// What ListOffsets may ask for instead of a point in time.
constexpr int64_t kLatestTimestamp = -1;  // high watermark, or last stable offset if read_committed
constexpr int64_t kEarliestTimestamp = -2;  // log start offset
constexpr int64_t kMaxTimestamp = -3;       // the record with the largest timestamp; from version 7
constexpr int64_t kEarliestLocalTimestamp = -4;          // from version 8 (KIP-405)
constexpr int64_t kLatestTieredTimestamp = -5;           // from version 9 (KIP-1005)
constexpr int64_t kEarliestPendingUploadTimestamp = -6;  // from version 11 (KIP-1023)

struct ListOffsetsResponse;

// Offsets by time, or a log's ends.
struct ListOffsetsRequest {
    static constexpr Api api{
        .key = 2, .name = "ListOffsets", .min = 1, .max = 11, .flexible_from = 6};
    using Response = ListOffsetsResponse;

    struct Partition {
        int32_t partition_index = 0;
        int32_t current_leader_epoch = -1;  // -1: not checked
        int64_t timestamp = 0;              // milliseconds, or one of the constants above
        void wire(auto& io) { io(partition_index).since(4, current_leader_epoch)(timestamp); }
    };
    struct Topic {
        std::string_view name;
        std::vector<Partition> partitions;
        void wire(auto& io) { io(name)(partitions); }
    };

    int32_t replica_id = 0;  // -1: a consumer
    IsolationLevel isolation_level = IsolationLevel::read_uncommitted;
    std::vector<Topic> topics;
    int32_t timeout_ms = 0;

    void wire(auto& io) { io(replica_id).since(2, isolation_level)(topics).since(10, timeout_ms); }
};

struct ListOffsetsResponse {
    static constexpr Api api = ListOffsetsRequest::api;

    struct Partition {
        int32_t partition_index = 0;
        ApiError error_code = ApiError::none;
        int64_t timestamp = -1;  // of the record found; -1: none, or an end of the log
        int64_t offset = -1;
        int32_t leader_epoch = -1;
        void wire(auto& io) {
            io(partition_index)(error_code)(timestamp)(offset).since(4, leader_epoch);
        }
    };
    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        void wire(auto& io) { io(name)(partitions); }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;

    void wire(auto& io) { io.since(2, throttle_time_ms)(topics); }
};

}  // namespace polylog::kafka

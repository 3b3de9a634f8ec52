#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct DeleteRecordsResponse;

// Moves log start offsets forward.
struct DeleteRecordsRequest {
    static constexpr Api api{
        .key = 21, .name = "DeleteRecords", .min = 0, .max = 2, .flexible_from = 2};
    using Response = DeleteRecordsResponse;

    struct Partition {
        int32_t partition_index = 0;
        int64_t offset = 0;  // the new start; -1: the high watermark
        void wire(auto& io) { io(partition_index)(offset); }
    };
    struct Topic {
        std::string_view name;
        std::vector<Partition> partitions;
        void wire(auto& io) { io(name)(partitions); }
    };

    std::vector<Topic> topics;
    int32_t timeout_ms = 0;

    void wire(auto& io) { io(topics)(timeout_ms); }
};

struct DeleteRecordsResponse {
    static constexpr Api api = DeleteRecordsRequest::api;

    struct Partition {
        int32_t partition_index = 0;
        int64_t low_watermark = 0;  // the smallest log start offset of the live replicas
        ApiError error_code = ApiError::none;
        void wire(auto& io) { io(partition_index)(low_watermark)(error_code); }
    };
    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        void wire(auto& io) { io(name)(partitions); }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;

    void wire(auto& io) { io(throttle_time_ms)(topics); }
};

}  // namespace polylog::kafka

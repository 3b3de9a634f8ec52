#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct DescribeLogDirsResponse;

// Sizes on disk, per data directory and partition.
struct DescribeLogDirsRequest {
    static constexpr Api api{
        .key = 35, .name = "DescribeLogDirs", .min = 1, .max = 5, .flexible_from = 2};
    using Response = DescribeLogDirsResponse;

    struct Topic {
        std::string_view topic;
        std::vector<int32_t> partitions;
        void wire(auto& io) { io(topic)(partitions); }
    };

    std::optional<std::vector<Topic>> topics;  // null = all

    void wire(auto& io) { io(topics); }
};

struct DescribeLogDirsResponse {
    static constexpr Api api = DescribeLogDirsRequest::api;

    struct Partition {
        int32_t partition_index = 0;
        int64_t partition_size = 0;  // bytes
        int64_t offset_lag = 0;      // records behind the high watermark or the current replica
        bool is_future_key = false;  // a copy being made for a move between directories
        void wire(auto& io) { io(partition_index)(partition_size)(offset_lag)(is_future_key); }
    };
    struct Topic {
        std::string name;
        std::vector<Partition> partitions;
        void wire(auto& io) { io(name)(partitions); }
    };
    struct LogDir {
        ApiError error_code = ApiError::none;
        std::string log_dir;
        std::vector<Topic> topics;
        int64_t total_bytes = -1;
        int64_t usable_bytes = -1;
        bool is_cordoned = false;  // takes no new replicas (KIP-1066)
        void wire(auto& io) {
            io(error_code)(log_dir)(topics)
                .since(4, total_bytes)
                .since(4, usable_bytes)
                .since(5, is_cordoned);
        }
    };

    int32_t throttle_time_ms = 0;
    ApiError error_code = ApiError::none;
    std::vector<LogDir> results;

    void wire(auto& io) { io(throttle_time_ms).since(3, error_code)(results); }
};

}  // namespace polylog::kafka

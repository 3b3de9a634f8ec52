#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/messages/metadata.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct DescribeTopicPartitionsResponse;

// Metadata of topics page by page (KIP-966).
struct DescribeTopicPartitionsRequest {
    static constexpr Api api{
        .key = 75, .name = "DescribeTopicPartitions", .min = 0, .max = 0, .flexible_from = 0};
    using Response = DescribeTopicPartitionsResponse;

    struct Topic {
        std::string_view name;
        void wire(auto& io) { io(name); }
    };
    struct Cursor {
        std::string_view topic_name;
        int32_t partition_index = 0;
        void wire(auto& io) { io(topic_name)(partition_index); }
    };

    std::vector<Topic> topics;  // empty = all
    int32_t response_partition_limit = 2000;
    std::optional<Cursor> cursor;  // null: from the first topic on

    void wire(auto& io) { io(topics)(response_partition_limit)(cursor); }
};

struct DescribeTopicPartitionsResponse {
    static constexpr Api api = DescribeTopicPartitionsRequest::api;

    struct Partition {
        ApiError error_code = ApiError::none;
        int32_t partition_index = 0;
        int32_t leader_id = 0;
        int32_t leader_epoch = -1;
        std::vector<int32_t> replica_nodes;
        std::vector<int32_t> isr_nodes;
        // Null is allowed, but the Java admin client cannot read it.
        std::optional<std::vector<int32_t>> eligible_leader_replicas = std::vector<int32_t>{};
        std::optional<std::vector<int32_t>> last_known_elr = std::vector<int32_t>{};
        std::vector<int32_t> offline_replicas;
        void wire(auto& io) {
            io(error_code)(partition_index)(leader_id)(leader_epoch)(replica_nodes)(isr_nodes);
            io(eligible_leader_replicas)(last_known_elr)(offline_replicas);
        }
    };
    struct Topic {
        ApiError error_code = ApiError::none;
        std::optional<std::string> name;
        base::Uuid topic_id;
        bool is_internal = false;
        std::vector<Partition> partitions;
        int32_t topic_authorized_operations = kNoAuthorizedOperations;
        void wire(auto& io) {
            io(error_code)(name)(topic_id)(is_internal)(partitions)(topic_authorized_operations);
        }
    };
    struct Cursor {
        std::string topic_name;
        int32_t partition_index = 0;
        void wire(auto& io) { io(topic_name)(partition_index); }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;
    std::optional<Cursor> next_cursor;  // null: this was the last page

    void wire(auto& io) { io(throttle_time_ms)(topics)(next_cursor); }
};

}  // namespace polylog::kafka

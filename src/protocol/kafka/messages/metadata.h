#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

// A set of operations as bits; this value where none were asked for.
constexpr int32_t kNoAuthorizedOperations = std::numeric_limits<int32_t>::min();

struct MetadataResponse;

// Brokers, topics, partitions and their leaders.
struct MetadataRequest {
    static constexpr Api api{.key = 3, .name = "Metadata", .min = 0, .max = 13, .flexible_from = 9};
    using Response = MetadataResponse;

    struct Topic {
        base::Uuid topic_id;                   // versions 10 and 11 carry it but mean the name
        std::optional<std::string_view> name;  // null: by id
        void wire(auto& io) { io.since(10, topic_id).nullable_since(10, name); }
    };

    std::optional<std::vector<Topic>> topics;  // null = all, empty = none; in version 0 empty = all
    bool allow_auto_topic_creation = true;
    bool include_cluster_authorized_operations = false;
    bool include_topic_authorized_operations = false;

    void wire(auto& io) {
        io.nullable_since(1, topics)
            .since(4, allow_auto_topic_creation)
            .between(8, 10, include_cluster_authorized_operations)
            .since(8, include_topic_authorized_operations);
    }
};

struct MetadataResponse {
    static constexpr Api api = MetadataRequest::api;

    struct Broker {
        int32_t node_id = 0;
        std::string host;
        int32_t port = 0;
        std::optional<std::string> rack;
        void wire(auto& io) { io(node_id)(host)(port).since(1, rack); }
    };
    struct Partition {
        ApiError error_code = ApiError::none;
        int32_t partition_index = 0;
        int32_t leader_id = 0;
        int32_t leader_epoch = -1;
        std::vector<int32_t> replica_nodes;
        std::vector<int32_t> isr_nodes;
        std::vector<int32_t> offline_replicas;
        void wire(auto& io) {
            io(error_code)(partition_index)(leader_id).since(7, leader_epoch);
            io(replica_nodes)(isr_nodes).since(5, offline_replicas);
        }
    };
    struct Topic {
        ApiError error_code = ApiError::none;
        std::optional<std::string> name;  // null: asked for by an unknown id
        base::Uuid topic_id;
        bool is_internal = false;
        std::vector<Partition> partitions;
        int32_t topic_authorized_operations = kNoAuthorizedOperations;
        void wire(auto& io) {
            io(error_code).nullable_since(12, name).since(10, topic_id).since(1, is_internal);
            io(partitions).since(8, topic_authorized_operations);
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Broker> brokers;
    std::optional<std::string> cluster_id;
    int32_t controller_id = -1;
    std::vector<Topic> topics;
    int32_t cluster_authorized_operations = kNoAuthorizedOperations;
    ApiError error_code = ApiError::none;

    void wire(auto& io) {
        io.since(3, throttle_time_ms);
        io(brokers).since(2, cluster_id).since(1, controller_id);
        io(topics).between(8, 10, cluster_authorized_operations).since(13, error_code);
    }
};

}  // namespace polylog::kafka

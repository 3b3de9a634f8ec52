#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/messages/config_resource.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct CreateTopicsResponse;

// Makes topics, each with an answer of its own.
struct CreateTopicsRequest {
    static constexpr Api api{
        .key = 19, .name = "CreateTopics", .min = 2, .max = 7, .flexible_from = 5};
    using Response = CreateTopicsResponse;

    struct Assignment {
        int32_t partition_index = 0;
        std::vector<int32_t> broker_ids;
        void wire(auto& io) { io(partition_index)(broker_ids); }
    };
    struct Config {
        std::string_view name;
        std::optional<std::string_view> value;
        void wire(auto& io) { io(name)(value); }
    };
    struct Topic {
        std::string_view name;
        int32_t num_partitions = 0;  // -1: the default (KIP-464), or counted from the assignments
        int16_t replication_factor = 0;       // -1: likewise
        std::vector<Assignment> assignments;  // empty: the broker chooses
        std::vector<Config> configs;
        void wire(auto& io) { io(name)(num_partitions)(replication_factor)(assignments)(configs); }
    };

    std::vector<Topic> topics;
    int32_t timeout_ms = 60000;
    bool validate_only = false;

    void wire(auto& io) { io(topics)(timeout_ms)(validate_only); }
};

struct CreateTopicsResponse {
    static constexpr Api api = CreateTopicsRequest::api;

    struct Config {
        std::string name;
        std::optional<std::string> value;
        bool read_only = false;
        ConfigSource config_source = ConfigSource::none;
        bool is_sensitive = false;
        void wire(auto& io) { io(name)(value)(read_only)(config_source)(is_sensitive); }
    };
    struct Topic {
        std::string name;
        base::Uuid topic_id;
        ApiError error_code = ApiError::none;
        std::optional<std::string> error_message;
        ApiError topic_config_error_code = ApiError::none;  // why configs are missing (KIP-525)
        int32_t num_partitions = -1;
        int16_t replication_factor = -1;
        std::optional<std::vector<Config>> configs;
        void wire(auto& io) {
            io(name).since(7, topic_id)(error_code)(error_message).since(5, num_partitions);
            io.since(5, replication_factor).since(5, configs).tag(0, topic_config_error_code);
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics;

    void wire(auto& io) { io(throttle_time_ms)(topics); }
};

}  // namespace polylog::kafka

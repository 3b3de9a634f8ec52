#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct CreatePartitionsResponse;

// Raises the number of partitions.
struct CreatePartitionsRequest {
    static constexpr Api api{
        .key = 37, .name = "CreatePartitions", .min = 0, .max = 3, .flexible_from = 2};
    using Response = CreatePartitionsResponse;

    struct Assignment {
        std::vector<int32_t> broker_ids;
        void wire(auto& io) { io(broker_ids); }
    };
    struct Topic {
        std::string_view name;
        int32_t count = 0;  // partitions afterwards
        std::optional<std::vector<Assignment>>
            assignments;  // of the new ones; null: the broker chooses
        void wire(auto& io) { io(name)(count)(assignments); }
    };

    std::vector<Topic> topics;
    int32_t timeout_ms = 0;
    bool validate_only = false;

    void wire(auto& io) { io(topics)(timeout_ms)(validate_only); }
};

struct CreatePartitionsResponse {
    static constexpr Api api = CreatePartitionsRequest::api;

    struct Topic {
        std::string name;
        ApiError error_code = ApiError::none;
        std::optional<std::string> error_message;
        void wire(auto& io) { io(name)(error_code)(error_message); }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> results;  // one per topic asked for

    void wire(auto& io) { io(throttle_time_ms)(results); }
};

}  // namespace polylog::kafka

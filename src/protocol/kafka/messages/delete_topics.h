#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct DeleteTopicsResponse;

// Deletes topics by name or, from version 6 on, by id.
struct DeleteTopicsRequest {
    static constexpr Api api{
        .key = 20, .name = "DeleteTopics", .min = 1, .max = 6, .flexible_from = 4};
    using Response = DeleteTopicsResponse;

    struct Topic {
        std::optional<std::string_view> name;  // null: by id
        base::Uuid topic_id;
        void wire(auto& io) { io(name)(topic_id); }
    };

    std::vector<Topic> topics;                  // from version 6 on
    std::vector<std::string_view> topic_names;  // up to version 5
    int32_t timeout_ms = 0;

    void wire(auto& io) { io.since(6, topics).until(5, topic_names)(timeout_ms); }
};

struct DeleteTopicsResponse {
    static constexpr Api api = DeleteTopicsRequest::api;

    struct Topic {
        std::optional<std::string> name;
        base::Uuid topic_id;
        ApiError error_code = ApiError::none;
        std::optional<std::string> error_message;
        void wire(auto& io) {
            io.nullable_since(6, name).since(6, topic_id)(error_code).since(5, error_message);
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> responses;

    void wire(auto& io) { io(throttle_time_ms)(responses); }
};

}  // namespace polylog::kafka

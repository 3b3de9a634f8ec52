#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

// What a key names. Other values may arrive; they are invalid requests.
enum class CoordinatorType : int8_t {
    group = 0,
    transaction = 1,
    share = 2,  // the key is "groupId:topicId:partition" (KIP-932)
};

struct FindCoordinatorResponse;

// Which broker coordinates a group or a transaction.
struct FindCoordinatorRequest {
    static constexpr Api api{
        .key = 10, .name = "FindCoordinator", .min = 0, .max = 6, .flexible_from = 3};
    using Response = FindCoordinatorResponse;

    std::string_view key;
    CoordinatorType key_type = CoordinatorType::group;
    std::vector<std::string_view> coordinator_keys;

    void wire(auto& io) { io.until(3, key).since(1, key_type).since(4, coordinator_keys); }
};

struct FindCoordinatorResponse {
    static constexpr Api api = FindCoordinatorRequest::api;

    struct Coordinator {
        std::string key;
        int32_t node_id = 0;
        std::string host;
        int32_t port = 0;
        ApiError error_code = ApiError::none;
        std::optional<std::string> error_message;
        void wire(auto& io) { io(key)(node_id)(host)(port)(error_code)(error_message); }
    };

    int32_t throttle_time_ms = 0;
    // Up to version 3: the one answer.
    ApiError error_code = ApiError::none;
    std::optional<std::string> error_message;
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    // From version 4 on: an answer per key.
    std::vector<Coordinator> coordinators;

    void wire(auto& io) {
        io.since(1, throttle_time_ms).until(3, error_code).between(1, 3, error_message);
        io.until(3, node_id).until(3, host).until(3, port).since(4, coordinators);
    }
};

}  // namespace polylog::kafka

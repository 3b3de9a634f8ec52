#pragma once

#include <optional>
#include <string_view>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct HeartbeatResponse;

// A member is alive, and learns whether its group rebalances.
struct HeartbeatRequest {
    static constexpr Api api{
        .key = 12, .name = "Heartbeat", .min = 0, .max = 4, .flexible_from = 4};
    using Response = HeartbeatResponse;

    std::string_view group_id;
    int32_t generation_id = 0;
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;  // a static member (KIP-345)

    void wire(auto& io) { io(group_id)(generation_id)(member_id).since(3, group_instance_id); }
};

struct HeartbeatResponse {
    static constexpr Api api = HeartbeatRequest::api;

    int32_t throttle_time_ms = 0;
    ApiError error_code = ApiError::none;

    void wire(auto& io) { io.since(1, throttle_time_ms)(error_code); }
};

}  // namespace polylog::kafka

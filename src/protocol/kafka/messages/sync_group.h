#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/slice.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct SyncGroupResponse;

// The leader hands out the assignment; every member takes its part.
struct SyncGroupRequest {
    static constexpr Api api{
        .key = 14, .name = "SyncGroup", .min = 0, .max = 5, .flexible_from = 4};
    using Response = SyncGroupResponse;

    struct Assignment {
        std::string_view member_id;
        base::Slice assignment;  // ConsumerProtocolAssignment when the protocol type is "consumer"
        void wire(auto& io) { io(member_id)(assignment); }
    };

    std::string_view group_id;
    int32_t generation_id = 0;
    std::string_view member_id;
    std::optional<std::string_view> group_instance_id;
    std::optional<std::string_view> protocol_type;
    std::optional<std::string_view> protocol_name;
    std::vector<Assignment> assignments;  // from the leader only

    void wire(auto& io) {
        io(group_id)(generation_id)(member_id).since(3, group_instance_id);
        io.since(5, protocol_type).since(5, protocol_name)(assignments);
    }
};

struct SyncGroupResponse {
    static constexpr Api api = SyncGroupRequest::api;

    int32_t throttle_time_ms = 0;
    ApiError error_code = ApiError::none;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name;
    base::Slice assignment;

    void wire(auto& io) {
        io.since(1, throttle_time_ms)(error_code)
            .since(5, protocol_type)
            .since(5, protocol_name)(assignment);
    }
};

}  // namespace polylog::kafka

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct LeaveGroupResponse;

// Members go; from version 3 on an operator may remove static ones too (KIP-345).
struct LeaveGroupRequest {
    static constexpr Api api{
        .key = 13, .name = "LeaveGroup", .min = 0, .max = 5, .flexible_from = 4};
    using Response = LeaveGroupResponse;

    struct Member {
        std::string_view member_id;
        std::optional<std::string_view> group_instance_id;
        std::optional<std::string_view> reason;
        void wire(auto& io) { io(member_id)(group_instance_id).since(5, reason); }
    };

    std::string_view group_id;
    std::string_view member_id;   // up to version 2
    std::vector<Member> members;  // from version 3 on

    void wire(auto& io) { io(group_id).until(2, member_id).since(3, members); }
};

struct LeaveGroupResponse {
    static constexpr Api api = LeaveGroupRequest::api;

    struct Member {
        std::string member_id;
        std::optional<std::string> group_instance_id;
        ApiError error_code = ApiError::none;
        void wire(auto& io) { io(member_id)(group_instance_id)(error_code); }
    };

    int32_t throttle_time_ms = 0;
    ApiError error_code = ApiError::none;
    std::vector<Member> members;

    void wire(auto& io) { io.since(1, throttle_time_ms)(error_code).since(3, members); }
};

}  // namespace polylog::kafka

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/slice.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct JoinGroupResponse;

// A member enters its group's next generation.
struct JoinGroupRequest {
    static constexpr Api api{
        .key = 11, .name = "JoinGroup", .min = 0, .max = 9, .flexible_from = 6};
    using Response = JoinGroupResponse;

    struct Protocol {
        std::string_view name;
        base::Slice metadata;  // ConsumerProtocolSubscription when the protocol type is "consumer"
        void wire(auto& io) { io(name)(metadata); }
    };

    std::string_view group_id;
    int32_t session_timeout_ms = 0;
    int32_t rebalance_timeout_ms = -1;                  // -1: the session timeout
    std::string_view member_id;                         // empty: not known yet
    std::optional<std::string_view> group_instance_id;  // a static member (KIP-345)
    std::string_view protocol_type;
    std::vector<Protocol> protocols;  // most preferred first
    std::optional<std::string_view> reason;

    void wire(auto& io) {
        io(group_id)(session_timeout_ms)
            .since(1, rebalance_timeout_ms)(member_id)
            .since(5, group_instance_id);
        io(protocol_type)(protocols).since(8, reason);
    }
};

struct JoinGroupResponse {
    static constexpr Api api = JoinGroupRequest::api;

    struct Member {
        std::string member_id;
        std::optional<std::string> group_instance_id;
        base::Slice metadata;
        void wire(auto& io) { io(member_id).since(5, group_instance_id)(metadata); }
    };

    int32_t throttle_time_ms = 0;
    ApiError error_code = ApiError::none;
    int32_t generation_id = -1;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name;  // what the group agreed on
    std::string leader;
    bool skip_assignment = false;  // the leader keeps the assignment it made (KIP-814)
    std::string member_id;
    std::vector<Member> members;  // for the leader; empty for the others

    void wire(auto& io) {
        io.since(2, throttle_time_ms)(error_code)(generation_id).since(7, protocol_type);
        io.nullable_since(7, protocol_name)(leader).since(9, skip_assignment)(member_id)(members);
    }
};

}  // namespace polylog::kafka

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/slice.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/messages/metadata.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct DescribeGroupsResponse;

// State, members and assignments of classic groups.
struct DescribeGroupsRequest {
    static constexpr Api api{
        .key = 15, .name = "DescribeGroups", .min = 0, .max = 6, .flexible_from = 5};
    using Response = DescribeGroupsResponse;

    std::vector<std::string_view> groups;
    bool include_authorized_operations = false;

    void wire(auto& io) { io(groups).since(3, include_authorized_operations); }
};

struct DescribeGroupsResponse {
    static constexpr Api api = DescribeGroupsRequest::api;

    struct Member {
        std::string member_id;
        std::optional<std::string> group_instance_id;
        std::string client_id;
        std::string client_host;
        base::Slice member_metadata;
        base::Slice member_assignment;
        void wire(auto& io) {
            io(member_id).since(4, group_instance_id)(client_id)(client_host);
            io(member_metadata)(member_assignment);
        }
    };
    struct Group {
        ApiError error_code = ApiError::none;
        std::optional<std::string> error_message;
        std::string group_id;
        std::string group_state;  // empty on error; up to version 5 an unknown group is "Dead"
        std::string protocol_type;
        std::string protocol_data;
        std::vector<Member> members;
        int32_t authorized_operations = kNoAuthorizedOperations;
        void wire(auto& io) {
            io(error_code)
                .since(6, error_message)(group_id)(group_state)(protocol_type)(protocol_data);
            io(members).since(3, authorized_operations);
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Group> groups;

    void wire(auto& io) { io.since(1, throttle_time_ms)(groups); }
};

}  // namespace polylog::kafka

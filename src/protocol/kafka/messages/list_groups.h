#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct ListGroupsResponse;

// The groups that this broker coordinates.
struct ListGroupsRequest {
    static constexpr Api api{
        .key = 16, .name = "ListGroups", .min = 0, .max = 5, .flexible_from = 3};
    using Response = ListGroupsResponse;

    std::vector<std::string_view> states_filter;  // empty = any (KIP-518)
    std::vector<std::string_view> types_filter;   // empty = any (KIP-848)

    void wire(auto& io) { io.since(4, states_filter).since(5, types_filter); }
};

struct ListGroupsResponse {
    static constexpr Api api = ListGroupsRequest::api;

    struct Group {
        std::string group_id;
        std::string protocol_type;
        std::string group_state;
        std::string group_type;
        void wire(auto& io) {
            io(group_id)(protocol_type).since(4, group_state).since(5, group_type);
        }
    };

    int32_t throttle_time_ms = 0;
    ApiError error_code = ApiError::none;
    std::vector<Group> groups;

    void wire(auto& io) { io.since(1, throttle_time_ms)(error_code)(groups); }
};

}  // namespace polylog::kafka

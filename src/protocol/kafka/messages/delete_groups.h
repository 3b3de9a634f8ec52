#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct DeleteGroupsResponse;

// Removes empty groups with their offsets.
struct DeleteGroupsRequest {
    static constexpr Api api{
        .key = 42, .name = "DeleteGroups", .min = 0, .max = 2, .flexible_from = 2};
    using Response = DeleteGroupsResponse;

    std::vector<std::string_view> groups_names;

    void wire(auto& io) { io(groups_names); }
};

struct DeleteGroupsResponse {
    static constexpr Api api = DeleteGroupsRequest::api;

    struct Group {
        std::string group_id;
        ApiError error_code = ApiError::none;
        void wire(auto& io) { io(group_id)(error_code); }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Group> results;

    void wire(auto& io) { io(throttle_time_ms)(results); }
};

}  // namespace polylog::kafka

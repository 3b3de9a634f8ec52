#include <algorithm>
#include <array>
#include <cctype>

#include "io/pace.h"
#include "io/signal.h"
#include "protocol/kafka/handlers/groups.h"
#include "protocol/kafka/handlers/mentions.h"

namespace polylog::kafka {

using base::ErrorCode;
using coordinator::GroupState;
using io::Task;

namespace {

// As Kafka's tools print them.
std::string_view state_name(GroupState state) {
    switch (state) {
    case GroupState::empty: return "Empty";
    case GroupState::preparing_rebalance: return "PreparingRebalance";
    case GroupState::completing_rebalance: return "CompletingRebalance";
    case GroupState::stable: return "Stable";
    case GroupState::dead: return "Dead";
    }
    CHECK(false && "a GroupState outside the enum");
}

constexpr std::array kGroupStates{GroupState::empty, GroupState::preparing_rebalance,
                                  GroupState::completing_rebalance, GroupState::stable,
                                  GroupState::dead};

constexpr std::string_view kClassicType = "Classic";

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

// An empty filter admits everything.
bool admits(const std::vector<std::string_view>& filter, std::string_view value) {
    return filter.empty() || std::ranges::any_of(filter, [&](std::string_view each) {
               return equal_ignoring_case(each, value);
           });
}

DescribeGroupsResponse::Group to_group(const coordinator::GroupDescription& description) {
    DescribeGroupsResponse::Group group{.group_id = description.group_id,
                                        .group_state = std::string(state_name(description.state)),
                                        .protocol_type = description.protocol_type,
                                        .protocol_data = description.protocol_name};
    for (const coordinator::MemberDescription& member : description.members) {
        group.members.push_back({.member_id = member.member_id,
                                 .group_instance_id = member.instance_id,
                                 .client_id = member.client_id,
                                 .client_host = member.client_host,
                                 .member_metadata = member.metadata,
                                 .member_assignment = member.assignment});
    }
    return group;
}

// Up to version 5 a group that does not exist is "Dead", without an error.
DescribeGroupsResponse::Group to_missing(std::string group_id, const base::Error& error,
                                         int16_t version) {
    DescribeGroupsResponse::Group group{.group_id = std::move(group_id)};
    const bool unknown = error == ErrorCode::unknown_group;
    if (unknown && version < 6) {
        group.group_state = state_name(GroupState::dead);
        return group;
    }
    group.error_code = to_api_error(error.code(), Subject::group);
    if (unknown) {
        group.group_state = state_name(GroupState::dead);
        group.error_message = "Group " + group.group_id + " not found.";
    }
    return group;
}

}  // namespace

Task<DescribeGroupsResponse> describe_groups(Client& client, const Call& call,
                                             DescribeGroupsRequest request) {
    DescribeGroupsResponse response;
    Mentioned<std::string_view> mentioned;
    io::Pace pace;
    for (const std::string_view wanted : request.groups) {
        if (pace.due()) co_await io::end_of_turn();
        if (!mentioned.first(wanted)) continue;
        std::string group_id(wanted);
        const auto description = co_await client.service.broker.groups().describe(
            std::move(group_id));
        response.groups.push_back(
            description ? to_group(*description)
                        : to_missing(std::string(wanted), description.error(), call.version()));
    }
    co_return response;
}

Task<ListGroupsResponse> list_groups(Client& client, const Call&, ListGroupsRequest request) {
    ListGroupsResponse response;
    const auto groups = co_await client.service.broker.groups().list();
    if (!groups) {
        response.error_code = to_api_error(groups.error().code(), Subject::group);
        co_return response;
    }
    // Filters may be long, and groups many: each state is looked for once.
    std::array<bool, kGroupStates.size()> admitted{};
    for (const GroupState state : kGroupStates) {
        admitted[static_cast<size_t>(state)] = admits(request.states_filter, state_name(state)) &&
                                               admits(request.types_filter, kClassicType);
    }
    io::Pace pace;
    for (const coordinator::GroupListing& group : *groups) {
        if (pace.due()) co_await io::end_of_turn();
        if (!admitted[static_cast<size_t>(group.state)]) continue;
        response.groups.push_back({.group_id = group.group_id,
                                   .protocol_type = group.protocol_type,
                                   .group_state = std::string(state_name(group.state)),
                                   .group_type = std::string(kClassicType)});
    }
    co_return response;
}

Task<DeleteGroupsResponse> delete_groups(Client& client, const Call&, DeleteGroupsRequest request) {
    DeleteGroupsResponse response;
    Mentioned<std::string_view> mentioned;
    io::Pace pace;
    for (const std::string_view wanted : request.groups_names) {
        if (pace.due()) co_await io::end_of_turn();
        if (!mentioned.first(wanted)) continue;
        std::string group_id(wanted);
        const auto deleted = co_await client.service.broker.groups().delete_group(
            std::move(group_id));
        response.results.push_back(
            {.group_id = std::string(wanted),
             .error_code = deleted ? ApiError::none
                                   : to_api_error(deleted.error().code(), Subject::group)});
    }
    co_return response;
}

}  // namespace polylog::kafka

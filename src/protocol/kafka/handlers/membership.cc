#include "protocol/kafka/handlers/groups.h"

namespace polylog::kafka {

using base::ErrorCode;
using io::Task;

namespace {

std::optional<std::string> owned(std::optional<std::string_view> text) {
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

base::Duration from_ms(int32_t duration_ms) {
    return std::chrono::milliseconds(duration_ms);
}

coordinator::JoinRequest to_join(Client& client, const Call& call,
                                 const JoinGroupRequest& request) {
    coordinator::JoinRequest join{.group_id = std::string(request.group_id),
                                  .member_id = std::string(request.member_id),
                                  .instance_id = owned(request.group_instance_id),
                                  .client_id = std::string(call.client_id()),
                                  .client_host = "/" +
                                                 client.peer.host,  // as Kafka's tools show it
                                  .session_timeout = from_ms(request.session_timeout_ms),
                                  .protocol_type = std::string(request.protocol_type),
                                  .member_id_required = call.version() >= 4,
                                  .supports_skip_assignment = call.version() >= 9};
    const int32_t rebalance_timeout_ms = request.rebalance_timeout_ms == -1
                                             ? request.session_timeout_ms
                                             : request.rebalance_timeout_ms;
    join.rebalance_timeout = from_ms(rebalance_timeout_ms);
    for (const JoinGroupRequest::Protocol& protocol : request.protocols) {
        join.protocols.push_back(
            {.name = std::string(protocol.name), .metadata = protocol.metadata});
    }
    return join;
}

}  // namespace

Task<JoinGroupResponse> join_group(Client& client, const Call& call, JoinGroupRequest request) {
    JoinGroupResponse response;
    coordinator::JoinRequest join = to_join(client, call, request);
    const auto answer = co_await client.service.broker.groups().join(std::move(join));
    response.member_id = answer.member_id;
    if (!answer.joined) {
        response.error_code = to_api_error(answer.joined.error().code(), Subject::group);
        // Up to version 6 the name cannot be null; an empty one says the same.
        if (call.version() < 7) response.protocol_name = "";
        co_return response;
    }
    const coordinator::Joined& joined = *answer.joined;
    response.generation_id = joined.generation;
    response.protocol_type = joined.protocol_type;
    response.protocol_name = joined.protocol_name;
    response.leader = joined.leader_id;
    response.skip_assignment = joined.skip_assignment;
    response.member_id = joined.member_id;
    for (const coordinator::JoinedMember& member : joined.members) {
        response.members.push_back({.member_id = member.member_id,
                                    .group_instance_id = member.instance_id,
                                    .metadata = member.metadata});
    }
    co_return response;
}

Task<SyncGroupResponse> sync_group(Client& client, const Call&, SyncGroupRequest request) {
    coordinator::SyncRequest sync{.group_id = std::string(request.group_id),
                                  .member_id = std::string(request.member_id),
                                  .instance_id = owned(request.group_instance_id),
                                  .generation = request.generation_id,
                                  .protocol_type = owned(request.protocol_type),
                                  .protocol_name = owned(request.protocol_name)};
    for (const SyncGroupRequest::Assignment& assignment : request.assignments) {
        sync.assignments.insert_or_assign(std::string(assignment.member_id), assignment.assignment);
    }
    SyncGroupResponse response;
    const auto synced = co_await client.service.broker.groups().sync(std::move(sync));
    if (!synced) {
        response.error_code = to_api_error(synced.error().code(), Subject::group);
        co_return response;
    }
    response.protocol_type = synced->protocol_type;
    response.protocol_name = synced->protocol_name;
    response.assignment = synced->assignment;
    co_return response;
}

Task<HeartbeatResponse> heartbeat(Client& client, const Call&, HeartbeatRequest request) {
    coordinator::MemberIdentity member{.group_id = std::string(request.group_id),
                                       .member_id = std::string(request.member_id),
                                       .instance_id = owned(request.group_instance_id),
                                       .generation = request.generation_id};
    HeartbeatResponse response;
    const auto alive = co_await client.service.broker.groups().heartbeat(std::move(member));
    if (!alive) response.error_code = to_api_error(alive.error().code(), Subject::group);
    co_return response;
}

Task<LeaveGroupResponse> leave_group(Client& client, const Call& call, LeaveGroupRequest request) {
    std::vector<coordinator::LeavingMember> leaving;
    if (call.version() < 3) {
        leaving.push_back({.member_id = std::string(request.member_id), .instance_id = {}});
    }
    for (const LeaveGroupRequest::Member& member : request.members) {
        leaving.push_back({.member_id = std::string(member.member_id),
                           .instance_id = owned(member.group_instance_id)});
    }
    std::vector<coordinator::LeavingMember> asked = leaving;
    std::string group_id(request.group_id);
    const auto left = co_await client.service.broker.groups().leave(std::move(group_id),
                                                                    std::move(leaving));

    LeaveGroupResponse response;
    for (size_t i = 0; i < left.size(); ++i) {
        const ApiError error = left[i] ? ApiError::none
                                       : to_api_error(left[i].error().code(), Subject::group);
        if (call.version() < 3) response.error_code = error;
        response.members.push_back({.member_id = asked[i].member_id,
                                    .group_instance_id = asked[i].instance_id,
                                    .error_code = error});
    }
    // The group as a whole cannot be asked here: that is one answer, not one per member.
    const bool elsewhere = !left.empty() && !left.front() &&
                           (left.front().error() == ErrorCode::not_coordinator ||
                            left.front().error() == ErrorCode::coordinator_loading ||
                            left.front().error() == ErrorCode::invalid_name ||
                            left.front().error() == ErrorCode::coordinator_not_available);
    if (call.version() >= 3 && elsewhere) {
        response.error_code = to_api_error(left.front().error().code(), Subject::group);
        response.members.clear();
    }
    co_return response;
}

}  // namespace polylog::kafka

#pragma once

#include "protocol/kafka/call.h"
#include "protocol/kafka/messages/delete_groups.h"
#include "protocol/kafka/messages/describe_groups.h"
#include "protocol/kafka/messages/heartbeat.h"
#include "protocol/kafka/messages/join_group.h"
#include "protocol/kafka/messages/leave_group.h"
#include "protocol/kafka/messages/list_groups.h"
#include "protocol/kafka/messages/offset_commit.h"
#include "protocol/kafka/messages/offset_delete.h"
#include "protocol/kafka/messages/offset_fetch.h"
#include "protocol/kafka/messages/sync_group.h"

// Consumer groups: membership, committed offsets, and looking at both.
namespace polylog::kafka {

io::Task<JoinGroupResponse> join_group(Client& client, const Call& call, JoinGroupRequest request);
io::Task<SyncGroupResponse> sync_group(Client& client, const Call& call, SyncGroupRequest request);
io::Task<HeartbeatResponse> heartbeat(Client& client, const Call& call, HeartbeatRequest request);
io::Task<LeaveGroupResponse> leave_group(Client& client, const Call& call,
                                         LeaveGroupRequest request);

io::Task<OffsetCommitResponse> offset_commit(Client& client, const Call& call,
                                             OffsetCommitRequest request);
io::Task<OffsetFetchResponse> offset_fetch(Client& client, const Call& call,
                                           OffsetFetchRequest request);
io::Task<OffsetDeleteResponse> offset_delete(Client& client, const Call& call,
                                             OffsetDeleteRequest request);

io::Task<DescribeGroupsResponse> describe_groups(Client& client, const Call& call,
                                                 DescribeGroupsRequest request);
io::Task<ListGroupsResponse> list_groups(Client& client, const Call& call,
                                         ListGroupsRequest request);
io::Task<DeleteGroupsResponse> delete_groups(Client& client, const Call& call,
                                             DeleteGroupsRequest request);

}  // namespace polylog::kafka

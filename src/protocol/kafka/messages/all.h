#pragma once

#include "protocol/kafka/messages/alter_configs.h"
#include "protocol/kafka/messages/api_versions.h"
#include "protocol/kafka/messages/consumer_protocol.h"
#include "protocol/kafka/messages/create_partitions.h"
#include "protocol/kafka/messages/create_topics.h"
#include "protocol/kafka/messages/delete_groups.h"
#include "protocol/kafka/messages/delete_records.h"
#include "protocol/kafka/messages/delete_topics.h"
#include "protocol/kafka/messages/describe_cluster.h"
#include "protocol/kafka/messages/describe_configs.h"
#include "protocol/kafka/messages/describe_groups.h"
#include "protocol/kafka/messages/describe_log_dirs.h"
#include "protocol/kafka/messages/describe_topic_partitions.h"
#include "protocol/kafka/messages/fetch.h"
#include "protocol/kafka/messages/find_coordinator.h"
#include "protocol/kafka/messages/heartbeat.h"
#include "protocol/kafka/messages/init_producer_id.h"
#include "protocol/kafka/messages/join_group.h"
#include "protocol/kafka/messages/leave_group.h"
#include "protocol/kafka/messages/list_groups.h"
#include "protocol/kafka/messages/list_offsets.h"
#include "protocol/kafka/messages/metadata.h"
#include "protocol/kafka/messages/offset_commit.h"
#include "protocol/kafka/messages/offset_delete.h"
#include "protocol/kafka/messages/offset_fetch.h"
#include "protocol/kafka/messages/offset_for_leader_epoch.h"
#include "protocol/kafka/messages/produce.h"
#include "protocol/kafka/messages/sasl_authenticate.h"
#include "protocol/kafka/messages/sasl_handshake.h"
#include "protocol/kafka/messages/sync_group.h"

namespace polylog::kafka {

// A list of requests, for code that does the same with each.
template <class... Requests>
struct RequestList {
    // Calls visit.template operator()<Request>() for each request; its Response is
    // Request::Response.
    static constexpr void for_each(auto&& visit) { (visit.template operator()<Requests>(), ...); }
};

// Every request that this room speaks, by API key. The one list behind find_api() and all tests
// over all messages; a new message is added here and to the .cc file of its family.
using AllRequests = RequestList<
    ProduceRequest, FetchRequest, ListOffsetsRequest, MetadataRequest, OffsetCommitRequest,
    OffsetFetchRequest, FindCoordinatorRequest, JoinGroupRequest, HeartbeatRequest,
    LeaveGroupRequest, SyncGroupRequest, DescribeGroupsRequest, ListGroupsRequest,
    SaslHandshakeRequest, ApiVersionsRequest, CreateTopicsRequest, DeleteTopicsRequest,
    DeleteRecordsRequest, InitProducerIdRequest, OffsetForLeaderEpochRequest,
    DescribeConfigsRequest, AlterConfigsRequest, DescribeLogDirsRequest, SaslAuthenticateRequest,
    CreatePartitionsRequest, DeleteGroupsRequest, IncrementalAlterConfigsRequest,
    OffsetDeleteRequest, DescribeClusterRequest, DescribeTopicPartitionsRequest>;

}  // namespace polylog::kafka

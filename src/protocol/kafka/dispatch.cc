#include "protocol/kafka/dispatch.h"

#include <algorithm>
#include <array>

#include "protocol/kafka/handlers/api_versions.h"
#include "protocol/kafka/handlers/cluster.h"
#include "protocol/kafka/handlers/groups.h"
#include "protocol/kafka/handlers/records.h"
#include "protocol/kafka/handlers/topics.h"

namespace polylog::kafka {

namespace {

template <class Request, auto handle>
constexpr Served served() {
    return {.api = &Request::api, .handler = &serve<Request, handle>};
}

constexpr std::array kServed{
    Served{.api = &ProduceRequest::api, .handler = &produce, .pipelined = true},
    served<FetchRequest, fetch>(),
    served<ListOffsetsRequest, list_offsets>(),
    served<MetadataRequest, metadata>(),
    served<OffsetCommitRequest, offset_commit>(),
    served<OffsetFetchRequest, offset_fetch>(),
    served<FindCoordinatorRequest, find_coordinator>(),
    served<JoinGroupRequest, join_group>(),
    served<HeartbeatRequest, heartbeat>(),
    served<LeaveGroupRequest, leave_group>(),
    served<SyncGroupRequest, sync_group>(),
    served<DescribeGroupsRequest, describe_groups>(),
    served<ListGroupsRequest, list_groups>(),
    served<ApiVersionsRequest, api_versions>(),
    served<CreateTopicsRequest, create_topics>(),
    served<DeleteTopicsRequest, delete_topics>(),
    served<DeleteRecordsRequest, delete_records>(),
    served<InitProducerIdRequest, init_producer_id>(),
    served<OffsetForLeaderEpochRequest, offset_for_leader_epoch>(),
    served<DescribeConfigsRequest, describe_configs>(),
    served<AlterConfigsRequest, alter_configs>(),
    served<DescribeLogDirsRequest, describe_log_dirs>(),
    served<CreatePartitionsRequest, create_partitions>(),
    served<DeleteGroupsRequest, delete_groups>(),
    served<IncrementalAlterConfigsRequest, incremental_alter_configs>(),
    served<OffsetDeleteRequest, offset_delete>(),
    served<DescribeClusterRequest, describe_cluster>(),
    served<DescribeTopicPartitionsRequest, describe_topic_partitions>(),
};

constexpr int16_t key_of(const Served& served) {
    return served.api->key;
}
static_assert(std::ranges::is_sorted(kServed, {}, key_of));

}  // namespace

std::span<const Served> served_apis() {
    return kServed;
}

const Served* find_served(int16_t key) {
    const auto found = std::ranges::lower_bound(kServed, key, {}, key_of);
    return found != kServed.end() && key_of(*found) == key ? &*found : nullptr;
}

}  // namespace polylog::kafka

#pragma once

#include "protocol/kafka/call.h"
#include "protocol/kafka/messages/describe_cluster.h"
#include "protocol/kafka/messages/describe_log_dirs.h"
#include "protocol/kafka/messages/describe_topic_partitions.h"
#include "protocol/kafka/messages/find_coordinator.h"
#include "protocol/kafka/messages/init_producer_id.h"
#include "protocol/kafka/messages/metadata.h"

// Who is in the cluster, what is where, and whom to ask.
namespace polylog::kafka {

io::Task<MetadataResponse> metadata(Client& client, const Call& call, MetadataRequest request);
io::Task<DescribeClusterResponse> describe_cluster(Client& client, const Call& call,
                                                   DescribeClusterRequest request);
io::Task<DescribeTopicPartitionsResponse> describe_topic_partitions(
    Client& client, const Call& call, DescribeTopicPartitionsRequest request);
io::Task<DescribeLogDirsResponse> describe_log_dirs(Client& client, const Call& call,
                                                    DescribeLogDirsRequest request);
io::Task<FindCoordinatorResponse> find_coordinator(Client& client, const Call& call,
                                                   FindCoordinatorRequest request);
io::Task<InitProducerIdResponse> init_producer_id(Client& client, const Call& call,
                                                  InitProducerIdRequest request);

}  // namespace polylog::kafka

#pragma once

#include "protocol/kafka/call.h"
#include "protocol/kafka/messages/alter_configs.h"
#include "protocol/kafka/messages/create_partitions.h"
#include "protocol/kafka/messages/create_topics.h"
#include "protocol/kafka/messages/delete_topics.h"
#include "protocol/kafka/messages/describe_configs.h"

// Making, changing and removing topics, and everybody's configuration.
namespace polylog::kafka {

io::Task<CreateTopicsResponse> create_topics(Client& client, const Call& call,
                                             CreateTopicsRequest request);
io::Task<DeleteTopicsResponse> delete_topics(Client& client, const Call& call,
                                             DeleteTopicsRequest request);
io::Task<CreatePartitionsResponse> create_partitions(Client& client, const Call& call,
                                                     CreatePartitionsRequest request);

io::Task<DescribeConfigsResponse> describe_configs(Client& client, const Call& call,
                                                   DescribeConfigsRequest request);
io::Task<AlterConfigsResponse> alter_configs(Client& client, const Call& call,
                                             AlterConfigsRequest request);
io::Task<IncrementalAlterConfigsResponse> incremental_alter_configs(
    Client& client, const Call& call, IncrementalAlterConfigsRequest request);

// The wire's words for what model/config.h knows.
ConfigSource to_source(model::ConfigSource source);
ConfigType to_type(model::ConfigType type);

}  // namespace polylog::kafka

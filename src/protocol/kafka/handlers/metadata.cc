#include <algorithm>

#include "io/pace.h"
#include "io/signal.h"
#include "protocol/kafka/handlers/cluster.h"
#include "protocol/kafka/handlers/mentions.h"
#include "protocol/kafka/handlers/topic_lookup.h"

namespace polylog::kafka {

using base::ErrorCode;
using base::Result;
using io::Task;

namespace {

// The one broker that leads everything and holds every replica.
std::vector<MetadataResponse::Partition> partitions_of(const meta::Topic& topic,
                                                       model::LeaderEpoch epoch, int32_t node) {
    std::vector<MetadataResponse::Partition> partitions;
    partitions.reserve(static_cast<size_t>(topic.partition_count));
    for (int32_t index = 0; index < topic.partition_count; ++index) {
        partitions.push_back({.partition_index = index,
                              .leader_id = node,
                              .leader_epoch = epoch.value,
                              .replica_nodes = {node},
                              .isr_nodes = {node}});
    }
    return partitions;
}

MetadataResponse::Topic describe(const meta::Topic& topic, model::LeaderEpoch epoch, int32_t node) {
    return {.name = topic.name,
            .topic_id = topic.id.value,
            .is_internal = topic.internal,
            .partitions = partitions_of(topic, epoch, node)};
}

// Answers one topic that a client asked for, creating it if both sides want that.
Task<MetadataResponse::Topic> look_up(Client& client, MetadataRequest::Topic wanted,
                                      bool may_create) {
    broker::Topics& topics = client.service.broker.topics();
    const int32_t node = client.service.broker.node().value;
    MetadataResponse::Topic answer;
    Result<TopicPtr> found = base::fail(ErrorCode::unknown_topic);
    if (!wanted.name) {
        answer.topic_id = wanted.topic_id;
        const meta::ImagePtr image = topics.image();
        found = find_topic(*image, {}, wanted.topic_id, true);
    } else {
        answer.name = std::string(*wanted.name);
        if (may_create) {
            std::string name(*wanted.name);
            found = co_await topics.find_or_create(std::move(name));
        } else {
            const meta::ImagePtr image = topics.image();
            found = find_topic(*image, *wanted.name, {}, false);
        }
    }
    if (!found) {
        answer.error_code = to_api_error(found.error().code(), Subject::topic);
        co_return answer;
    }
    const meta::ImagePtr image = topics.image();
    co_return describe(**found, image->leader_epoch(**found), node);
}

// In versions 10 and 11 an id may come along with the name, and means nothing.
TopicMention mention(const MetadataRequest::Topic& topic) {
    return topic.name ? TopicMention{*topic.name, {}} : TopicMention{{}, topic.topic_id};
}

bool wants_all(const MetadataRequest& request, int16_t version) {
    return !request.topics || (version == 0 && request.topics->empty());
}

}  // namespace

Task<MetadataResponse> metadata(Client& client, const Call& call, MetadataRequest request) {
    broker::Broker& broker = client.service.broker;
    const int32_t node = broker.node().value;
    const io::Endpoint endpoint = client.advertised();
    MetadataResponse response;
    response.brokers.push_back(
        {.node_id = node, .host = endpoint.host, .port = endpoint.port, .rack = {}});
    response.controller_id = node;
    if (wants_all(request, call.version())) {
        const meta::ImagePtr image = broker.topics().image();
        io::Pace pace;
        for (const auto& [name, topic] : image->topics) {
            if (pace.due()) co_await io::end_of_turn();
            response.topics.push_back(describe(*topic, image->leader_epoch(*topic), node));
        }
    } else {
        Mentioned<TopicMention> mentioned;
        io::Pace pace;
        for (const MetadataRequest::Topic& wanted : *request.topics) {
            if (pace.due()) co_await io::end_of_turn();
            if (!mentioned.first(mention(wanted))) continue;
            response.topics.push_back(
                co_await look_up(client, wanted, request.allow_auto_topic_creation));
        }
    }
    response.cluster_id = broker.topics().image()->cluster_id.to_base64();
    co_return response;
}

Task<DescribeClusterResponse> describe_cluster(Client& client, const Call&,
                                               DescribeClusterRequest request) {
    broker::Broker& broker = client.service.broker;
    const io::Endpoint endpoint = client.advertised();
    DescribeClusterResponse response;
    response.cluster_id = broker.topics().image()->cluster_id.to_base64();
    response.endpoint_type = request.endpoint_type;
    if (request.endpoint_type != EndpointType::brokers) {
        // Clients of this listener talk to brokers; controllers have no endpoint of their own.
        response.error_code = ApiError::mismatched_endpoint_type;
        response.error_message = "this is a broker's endpoint";
        co_return response;
    }
    response.controller_id = broker.node().value;
    response.brokers.push_back(
        {.broker_id = broker.node().value, .host = endpoint.host, .port = endpoint.port});
    co_return response;
}

namespace {

using PartitionsRequest = DescribeTopicPartitionsRequest;
using PartitionsResponse = DescribeTopicPartitionsResponse;

// The names to describe, in order, from where the client's cursor stands.
std::vector<std::string> names_from_cursor(const PartitionsRequest& request,
                                           const meta::MetadataImage& image) {
    std::vector<std::string> names;
    if (request.topics.empty()) {
        for (const auto& [name, topic] : image.topics) names.push_back(name);
    }
    for (const PartitionsRequest::Topic& topic : request.topics) names.emplace_back(topic.name);
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    if (request.cursor)
        std::erase_if(names,
                      [&](const std::string& name) { return name < request.cursor->topic_name; });
    return names;
}

PartitionsResponse::Partition to_paged(const MetadataResponse::Partition& partition) {
    return {.partition_index = partition.partition_index,
            .leader_id = partition.leader_id,
            .leader_epoch = partition.leader_epoch,
            .replica_nodes = partition.replica_nodes,
            .isr_nodes = partition.isr_nodes};
}

}  // namespace

Task<PartitionsResponse> describe_topic_partitions(Client& client, const Call&,
                                                   PartitionsRequest request) {
    broker::Broker& broker = client.service.broker;
    const meta::ImagePtr image = broker.topics().image();
    int32_t room = std::clamp(request.response_partition_limit, 1,
                              image->broker_config.max_request_partitions);
    PartitionsResponse response;
    for (const std::string& name : names_from_cursor(request, *image)) {
        const TopicPtr topic = image->find(name);
        if (!topic) {
            response.topics.push_back(
                {.error_code = ApiError::unknown_topic_or_partition, .name = name});
            continue;
        }
        const bool resumes = request.cursor && request.cursor->topic_name == name;
        const int32_t first = resumes ? std::max(request.cursor->partition_index, 0) : 0;
        if (room == 0) {
            response.next_cursor = {.topic_name = name, .partition_index = first};
            break;
        }
        auto& answer = response.topics.emplace_back();
        answer.name = name;
        answer.topic_id = topic->id.value;
        answer.is_internal = topic->internal;
        const auto partitions = partitions_of(*topic, image->leader_epoch(*topic),
                                              broker.node().value);
        for (int32_t index = first; index < topic->partition_count && room > 0; ++index, --room) {
            answer.partitions.push_back(to_paged(partitions[static_cast<size_t>(index)]));
        }
        const auto next = first + static_cast<int32_t>(answer.partitions.size());
        if (next < topic->partition_count) {
            response.next_cursor = {.topic_name = name, .partition_index = next};
            break;
        }
    }
    co_return response;
}

}  // namespace polylog::kafka

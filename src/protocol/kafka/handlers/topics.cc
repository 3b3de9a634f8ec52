#include "protocol/kafka/handlers/topics.h"

#include "io/pace.h"
#include "io/signal.h"
#include "protocol/kafka/handlers/mentions.h"
#include "protocol/kafka/handlers/topic_lookup.h"

namespace polylog::kafka {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

std::vector<model::NodeId> to_nodes(const std::vector<int32_t>& broker_ids) {
    std::vector<model::NodeId> nodes;
    for (const int32_t id : broker_ids) nodes.push_back({id});
    return nodes;
}

meta::NewTopic to_new_topic(const CreateTopicsRequest::Topic& wanted) {
    meta::NewTopic topic{.name = std::string(wanted.name),
                         .partition_count = wanted.num_partitions,
                         .replication_factor = wanted.replication_factor};
    for (const CreateTopicsRequest::Assignment& assignment : wanted.assignments) {
        topic.assignments.emplace_back(assignment.partition_index, to_nodes(assignment.broker_ids));
    }
    for (const CreateTopicsRequest::Config& config : wanted.configs) {
        // A null value asks for the default.
        if (config.value)
            topic.overrides.insert_or_assign(std::string(config.name), std::string(*config.value));
    }
    return topic;
}

void describe_created(const meta::Topic& topic, const model::BrokerConfigLayers& layers,
                      CreateTopicsResponse::Topic& answer) {
    answer.topic_id = topic.id.value;
    answer.num_partitions = topic.partition_count;
    answer.replication_factor = 1;
    answer.configs.emplace();
    for (const model::ConfigEntry& entry : model::describe_topic_config(topic.overrides, layers)) {
        answer.configs->push_back({.name = std::string(entry.name),
                                   .value = entry.value,
                                   .read_only = entry.read_only,
                                   .config_source = to_source(entry.source),
                                   .is_sensitive = entry.sensitive});
    }
}

}  // namespace

Task<CreateTopicsResponse> create_topics(Client& client, const Call&, CreateTopicsRequest request) {
    broker::Topics& topics = client.service.broker.topics();
    std::vector<meta::NewTopic> wanted;
    io::Pace pace;
    for (const CreateTopicsRequest::Topic& topic : request.topics) {
        if (pace.due()) co_await io::end_of_turn();
        wanted.push_back(to_new_topic(topic));
    }
    const auto created = co_await topics.create(std::move(wanted), request.validate_only);

    CreateTopicsResponse response;
    const meta::ImagePtr image = topics.image();
    Mentioned<std::string_view> mentioned;
    for (size_t i = 0; i < created.size(); ++i) {
        if (pace.due()) co_await io::end_of_turn();
        if (!mentioned.first(request.topics[i].name)) continue;
        auto& answer = response.topics.emplace_back();
        answer.name = request.topics[i].name;
        if (created[i]) {
            describe_created(**created[i], image->broker_layers, answer);
        } else {
            answer.error_code = to_api_error(created[i].error().code(), Subject::topic);
            answer.error_message = std::string(created[i].error().detail());
        }
    }
    co_return response;
}

namespace {

TopicMention mention(const DeleteTopicsRequest::Topic& topic) {
    return {topic.name.value_or(std::string_view()), topic.topic_id};
}

// The topic to be deleted, if it may be.
Result<TopicPtr> find_deletable(const DeleteTopicsRequest::Topic& topic,
                                const MentionCounts<TopicMention>& counts,
                                const meta::MetadataImage& image) {
    if (counts.repeated(mention(topic)))
        return fail(ErrorCode::invalid_request, "the topic is named twice in one request");
    return find_topic(image, topic.name.value_or(""), topic.topic_id, !topic.name);
}

}  // namespace

Task<DeleteTopicsResponse> delete_topics(Client& client, const Call& call,
                                         DeleteTopicsRequest request) {
    broker::Topics& topics = client.service.broker.topics();
    const meta::ImagePtr image = topics.image();
    if (call.version() < 6) {
        for (const std::string_view name : request.topic_names)
            request.topics.push_back({.name = name});
    }
    MentionCounts<TopicMention> counts;
    for (const DeleteTopicsRequest::Topic& topic : request.topics) counts.count(mention(topic));
    DeleteTopicsResponse response;
    std::vector<model::TopicId> ids;
    std::vector<size_t> places;
    Mentioned<TopicMention> mentioned;
    io::Pace pace;
    for (const DeleteTopicsRequest::Topic& topic : request.topics) {
        if (pace.due()) co_await io::end_of_turn();
        if (!mentioned.first(mention(topic))) continue;
        const auto found = find_deletable(topic, counts, *image);
        auto& answer = response.responses.emplace_back();
        if (topic.name) answer.name = std::string(*topic.name);
        answer.topic_id = topic.topic_id;
        if (!found) {
            answer.error_code = to_api_error(found.error().code(), Subject::topic);
            if (!found.error().detail().empty())
                answer.error_message = std::string(found.error().detail());
            continue;
        }
        if (!image->broker_config.delete_topic_enable) {
            answer.error_code = ApiError::topic_deletion_disabled;
            continue;
        }
        answer.name = (*found)->name;
        answer.topic_id = (*found)->id.value;
        ids.push_back((*found)->id);
        places.push_back(response.responses.size() - 1);
    }
    const auto removed = co_await topics.remove(std::move(ids));
    for (size_t i = 0; i < removed.size(); ++i) {
        if (removed[i]) continue;
        auto& answer = response.responses[places[i]];
        answer.error_code = to_api_error(removed[i].error().code(), Subject::topic);
        answer.error_message = std::string(removed[i].error().detail());
    }
    co_return response;
}

Task<CreatePartitionsResponse> create_partitions(Client& client, const Call&,
                                                 CreatePartitionsRequest request) {
    std::vector<meta::MorePartitions> wanted;
    for (const CreatePartitionsRequest::Topic& topic : request.topics) {
        auto& more = wanted.emplace_back();
        more.topic = topic.name;
        more.total_count = topic.count;
        if (!topic.assignments) continue;
        for (const CreatePartitionsRequest::Assignment& assignment : *topic.assignments) {
            more.assignments.push_back(to_nodes(assignment.broker_ids));
        }
    }
    const auto added = co_await client.service.broker.topics().add_partitions(
        std::move(wanted), request.validate_only);
    CreatePartitionsResponse response;
    Mentioned<std::string_view> mentioned;
    io::Pace pace;
    for (size_t i = 0; i < added.size(); ++i) {
        if (pace.due()) co_await io::end_of_turn();
        if (!mentioned.first(request.topics[i].name)) continue;
        auto& answer = response.results.emplace_back();
        answer.name = request.topics[i].name;
        if (added[i]) continue;
        answer.error_code = to_api_error(added[i].error().code(), Subject::topic);
        answer.error_message = std::string(added[i].error().detail());
    }
    co_return response;
}

}  // namespace polylog::kafka

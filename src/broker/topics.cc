#include "broker/topics.h"

#include "broker/internal_topics.h"
#include "broker/shards.h"

namespace polylog::broker {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

meta::ImagePtr Topics::image() const {
    return shards_.here().image();
}

Task<std::vector<Result<Topics::TopicPtr>>> Topics::create(std::vector<meta::NewTopic> topics,
                                                           bool validate_only) {
    if (auto accepted = pressure_.accepts_changes(); !accepted) {
        co_return std::vector<Result<TopicPtr>>(topics.size(), fail(accepted.error()));
    }
    co_return co_await io::call(shards_.first().shard(), [this, topics = std::move(topics),
                                                          validate_only]() mutable {
        return controller_.create_topics(std::move(topics), validate_only);
    });
}

Task<Result<Topics::TopicPtr>> Topics::find_or_create(std::string name) {
    if (auto topic = image()->find(name)) co_return topic;
    if (!image()->broker_config.auto_create_topics_enable) co_return fail(ErrorCode::unknown_topic);
    std::vector<meta::NewTopic> wanted;
    if (name == model::kOffsetsTopic) {
        wanted.push_back(offsets_topic(image()->broker_config));
    } else if (model::is_internal_topic_name(name)) {
        co_return fail(ErrorCode::unknown_topic);  // there is nobody here who would use it
    } else {
        wanted.push_back({.name = name});
    }
    auto created = co_await create(std::move(wanted), false);
    // Somebody else may have created it while this request waited its turn.
    if (!created.front() && created.front().error() == ErrorCode::topic_exists) {
        if (auto topic = image()->find(name)) co_return topic;
    }
    co_return std::move(created.front());
}

Task<std::vector<Result<void>>> Topics::remove(std::vector<model::TopicId> topics) {
    return io::call(shards_.first().shard(), [this, topics = std::move(topics)]() mutable {
        return controller_.delete_topics(std::move(topics));
    });
}

Task<std::vector<Result<void>>> Topics::add_partitions(std::vector<meta::MorePartitions> requests,
                                                       bool validate_only) {
    if (auto accepted = pressure_.accepts_changes(); !accepted) {
        co_return std::vector<Result<void>>(requests.size(), accepted);
    }
    co_return co_await io::call(shards_.first().shard(), [this, requests = std::move(requests),
                                                          validate_only]() mutable {
        return controller_.create_partitions(std::move(requests), validate_only);
    });
}

Task<Result<void>> Topics::alter_topic(std::string topic, meta::ConfigAlteration alteration,
                                       bool validate_only) {
    return io::call(shards_.first().shard(), [this, topic = std::move(topic),
                                              alteration = std::move(alteration),
                                              validate_only]() mutable {
        return controller_.alter_topic(std::move(topic), std::move(alteration), validate_only);
    });
}

Task<Result<void>> Topics::alter_broker(model::DynamicLayer layer,
                                        meta::ConfigAlteration alteration, bool validate_only) {
    return io::call(shards_.first().shard(), [this, layer, alteration = std::move(alteration),
                                              validate_only]() mutable {
        return controller_.alter_broker(layer, std::move(alteration), validate_only);
    });
}

Task<Result<model::ProducerId>> Topics::allocate_producer_ids(int64_t count) {
    CO_TRY_VOID(pressure_.accepts_changes());
    co_return co_await io::call(shards_.first().shard(), [this, count]() mutable {
        return controller_.allocate_producer_ids(count);
    });
}

}  // namespace polylog::broker

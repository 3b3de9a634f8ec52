#include "meta/metadata_image.h"

#include "model/topic_name.h"

namespace polylog::meta {

using base::Result;

std::shared_ptr<const Topic> MetadataImage::find(std::string_view name) const {
    const auto found = topics.find(name);
    return found == topics.end() ? nullptr : found->second;
}

std::shared_ptr<const Topic> MetadataImage::find(const model::TopicId& id) const {
    const auto found = topics_by_id.find(id);
    return found == topics_by_id.end() ? nullptr : found->second;
}

std::shared_ptr<const Topic> MetadataImage::find_colliding(std::string_view name) const {
    const auto found = by_collision_key_.find(model::collision_key(name));
    return found == by_collision_key_.end() ? nullptr : found->second;
}

void MetadataImage::put(std::shared_ptr<const Topic> topic) {
    take_out(topic->id);  // the topic as it was before
    partition_count_ += static_cast<uint64_t>(topic->partition_count);
    topics_by_id.insert_or_assign(topic->id, topic);
    by_collision_key_.insert_or_assign(model::collision_key(topic->name), topic);
    std::string name = topic->name;
    topics.insert_or_assign(std::move(name), std::move(topic));
}

void MetadataImage::remove(const model::TopicId& id) {
    take_out(id);
    for (const routing::SubscriptionPtr& subscription : subscriptions_of(id)->all)
        subscriptions_.remove(subscription->id);
    subscriptions_by_topic_.remove(id);
    not_compiled_.erase(id);
}

void MetadataImage::take_out(const model::TopicId& id) {
    const auto found = topics_by_id.find(id);
    if (found == topics_by_id.end()) return;
    partition_count_ -= static_cast<uint64_t>(found->second->partition_count);
    by_collision_key_.erase(model::collision_key(found->second->name));
    topics.erase(found->second->name);
    topics_by_id.erase(found);
}

std::shared_ptr<const TopicSubscriptions> MetadataImage::subscriptions_of(
    const model::TopicId& topic) const {
    static const auto none = std::make_shared<const TopicSubscriptions>();
    auto found = subscriptions_by_topic_.find(topic);
    return found ? found : none;
}

void MetadataImage::put(routing::SubscriptionPtr subscription) {
    const model::TopicId topic = subscription->topic;
    if (!find(topic)) return;
    replace(topic, subscriptions_of(topic)->with(subscription));
    const routing::SubscriptionId id = subscription->id;
    subscriptions_.put(id, std::move(subscription));
}

void MetadataImage::remove(const routing::SubscriptionId& id) {
    const auto subscription = subscriptions_.find(id);
    if (!subscription) return;
    const model::TopicId topic = subscription->topic;
    replace(topic, subscriptions_of(topic)->without(subscription->number));
    subscriptions_.remove(id);
}

void MetadataImage::replace(const model::TopicId& topic, TopicSubscriptions subscriptions) {
    if (subscriptions.all.empty()) {
        subscriptions_by_topic_.remove(topic);
        not_compiled_.erase(topic);
        return;
    }
    subscriptions_by_topic_.put(topic, std::make_shared<const TopicSubscriptions>(
                                           std::move(subscriptions)));
    not_compiled_.insert(topic);
}

Result<void> MetadataImage::compile_subscriptions() {
    for (const model::TopicId& topic : not_compiled_) {
        TRY(TopicSubscriptions compiled, subscriptions_of(topic)->compiled());
        subscriptions_by_topic_.put(topic, std::make_shared<const TopicSubscriptions>(
                                               std::move(compiled)));
    }
    not_compiled_.clear();
    return {};
}

Result<std::shared_ptr<const model::TopicConfig>> MetadataImage::configure(
    const model::ConfigMap& overrides, bool internal) const {
    TRY(model::TopicConfig config,
        model::parse_topic_config(overrides, broker_config.topic_defaults));
    config.may_use_disk_reserve = internal;
    return std::make_shared<const model::TopicConfig>(std::move(config));
}

Result<void> MetadataImage::configure_topics() {
    std::vector<std::shared_ptr<const Topic>> configured;
    for (const auto& [id, topic] : topics_by_id) {
        auto changed = std::make_shared<Topic>(*topic);
        TRY(changed->config, configure(topic->overrides, topic->internal));
        configured.push_back(std::move(changed));
    }
    for (auto& topic : configured) put(std::move(topic));
    return {};
}

}  // namespace polylog::meta

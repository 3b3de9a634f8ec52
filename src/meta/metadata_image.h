#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "meta/shared_map.h"
#include "meta/topic_subscriptions.h"
#include "model/broker_config.h"
#include "model/config.h"
#include "model/ids.h"
#include "model/topic_config.h"

namespace polylog::meta {

// A topic as the metadata knows it. Immutable; shared by all shards and by successive images.
struct Topic {
    model::TopicId id;
    std::string name;
    int32_t partition_count = 0;
    bool internal = false;
    int32_t first_restart = 0;   // the image's restart count when the topic was made
    model::ConfigMap overrides;  // what was set on the topic itself
    std::shared_ptr<const model::TopicConfig> config;  // what is in effect
};

// Everything the cluster has decided, as of one moment. Immutable: every change makes a new image,
// which shards receive by message and read without waiting. Copying shares the topics, and costs
// next to nothing for subscriptions, however many there are.
class MetadataImage {
public:
    base::Uuid cluster_id;
    int32_t restarts = 0;  // starts after an unclean stop; each raises every leader epoch by one
    model::ProducerId next_producer_id{0};  // where the next block of producer ids begins
    model::BrokerConfigLayers broker_layers;
    model::BrokerConfig broker_config;  // what the layers amount to
    std::map<std::string, std::shared_ptr<const Topic>, std::less<>> topics;
    std::map<model::TopicId, std::shared_ptr<const Topic>> topics_by_id;
    routing::SubscriptionNumber next_subscription_number{1};

    // Null when there is none.
    std::shared_ptr<const Topic> find(std::string_view name) const;
    std::shared_ptr<const Topic> find(const model::TopicId& id) const;
    model::LeaderEpoch leader_epoch(const Topic& topic) const {
        return {restarts - topic.first_restart};
    }

    // The topic that keeps this name from being used: it has that name, or one that differs in '.'
    // and '_' only. Null when there is none.
    std::shared_ptr<const Topic> find_colliding(std::string_view name) const;
    // Of all topics.
    uint64_t partition_count() const { return partition_count_; }
    const SharedMap<routing::SubscriptionId, routing::Subscription>& subscriptions() const {
        return subscriptions_;
    }
    // Empty for a topic without subscriptions.
    std::shared_ptr<const TopicSubscriptions> subscriptions_of(const model::TopicId& topic) const;

    void put(std::shared_ptr<const Topic> topic);
    // Its subscriptions go with it.
    void remove(const model::TopicId& id);
    // Nothing when its topic is gone. Takes effect with compile_subscriptions().
    void put(routing::SubscriptionPtr subscription);
    void remove(const routing::SubscriptionId& id);
    // Compiles the filters of the topics whose subscriptions have changed. Errors: those of
    // routing::SubscriptionIndex::build.
    base::Result<void> compile_subscriptions();
    // The configuration in effect for a topic that sets `overrides`. Errors: invalid_config.
    base::Result<std::shared_ptr<const model::TopicConfig>> configure(
        const model::ConfigMap& overrides, bool internal) const;
    // Works out every topic's configuration anew, after the broker's own has changed.
    base::Result<void> configure_topics();

private:
    void take_out(const model::TopicId& id);
    void replace(const model::TopicId& topic, TopicSubscriptions subscriptions);

    // What would otherwise be looked for in all topics for each one that is made.
    std::map<std::string, std::shared_ptr<const Topic>> by_collision_key_;
    uint64_t partition_count_ = 0;
    SharedMap<routing::SubscriptionId, routing::Subscription> subscriptions_;
    SharedMap<model::TopicId, TopicSubscriptions> subscriptions_by_topic_;
    std::set<model::TopicId> not_compiled_;
};

using ImagePtr = std::shared_ptr<const MetadataImage>;

}  // namespace polylog::meta

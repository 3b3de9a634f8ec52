#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "io/mutex.h"
#include "io/scope.h"
#include "io/shard.h"
#include "meta/metadata_image.h"
#include "meta/store.h"
#include "meta/subscription_plan.h"

namespace polylog::meta {

// A topic to be made.
struct NewTopic {
    std::string name;
    int32_t partition_count = -1;     // -1: the broker's num.partitions
    int32_t replication_factor = -1;  // -1: the broker's default
    // Replicas by partition, when the client places them itself; then both counts above are -1.
    std::vector<std::pair<int32_t, std::vector<model::NodeId>>> assignments;
    model::ConfigMap overrides;
    bool internal = false;
};

// A topic that is to have more partitions; there are never fewer.
struct MorePartitions {
    std::string topic;
    int32_t total_count = 0;
    // Replicas of the new ones; empty: the controller places them.
    std::vector<std::vector<model::NodeId>> assignments;
};

// Changes to the settings of a topic, or of one broker or all.
struct ConfigAlteration {
    std::vector<model::ConfigChange> changes;
    bool replace_all = false;  // settings that are not named go back to the layer below
};

// Decides everything about topics and configuration: checks a request against the current image,
// commits the records, applies them, and hands the new image to every shard before it answers. One
// change at a time. Lives on the first shard of the broker that leads the metadata.
class Controller {
public:
    // Called with each new image and the topics that changed; done when every shard has taken it
    // over.
    using Publish = std::move_only_function<io::Task<void>(ImagePtr image,
                                                           std::vector<model::TopicId> changed)>;

    // The limits outlive it.
    Controller(io::Shard& shard, model::NodeId node, const base::Limits& limits,
               std::unique_ptr<Store> store, model::ConfigMap static_config, Publish publish);

    // Replays the store; `clean_stop` false = leader epochs rise. A new store gets a cluster id.
    io::Task<base::Result<void>> start(bool clean_stop);
    ImagePtr image() const { return image_; }

    // One result per topic, in order. With `validate_only` nothing is changed and the answers are
    // the same (with a nil topic id). Errors: invalid_name, topic_exists, invalid_partition_count,
    // invalid_replication_factor, invalid_replica_assignment, invalid_config, policy_violation,
    // invalid_request (twice in one call, or the name of an internal topic).
    io::Task<std::vector<base::Result<std::shared_ptr<const Topic>>>> create_topics(
        std::vector<NewTopic> topics, bool validate_only);
    // Errors: unknown_topic_id, invalid_request (internal topics).
    io::Task<std::vector<base::Result<void>>> delete_topics(std::vector<model::TopicId> topics);
    // Errors: unknown_topic, invalid_partition_count (not more than there are),
    // invalid_replica_assignment, invalid_request (twice in one call, or an internal topic).
    io::Task<std::vector<base::Result<void>>> create_partitions(
        std::vector<MorePartitions> requests, bool validate_only);
    // Errors: unknown_topic, invalid_config, invalid_request.
    io::Task<base::Result<void>> alter_topic(std::string topic, ConfigAlteration alteration,
                                             bool validate_only);
    // Of every broker, or of this one. Errors: invalid_config, invalid_request.
    io::Task<base::Result<void>> alter_broker(model::DynamicLayer layer,
                                              ConfigAlteration alteration, bool validate_only);
    // A block of producer ids nobody ever had: [first, first + count).
    io::Task<base::Result<model::ProducerId>> allocate_producer_ids(int64_t count);

    // Makes a subscription, whose id, number and time are filled in, or finds the one that the
    // target has. Errors: those of plan_subscription.
    io::Task<base::Result<routing::SubscriptionPtr>> subscribe(routing::Subscription wanted);
    // Errors: those of plan_change.
    io::Task<base::Result<routing::SubscriptionPtr>> alter_subscription(routing::SubscriptionId id,
                                                                        SubscriptionChange change);
    // Errors: unknown_subscription.
    io::Task<base::Result<void>> unsubscribe(routing::SubscriptionId id);

private:
    using TopicPtr = std::shared_ptr<const Topic>;
    // The calls above, one at a time. They run to their end even if whoever called is dropped: a
    // change that is in the store must become the image, everywhere.
    io::Task<std::vector<base::Result<TopicPtr>>> create_in_turn(std::vector<NewTopic> topics,
                                                                 bool validate_only);
    io::Task<std::vector<base::Result<void>>> delete_in_turn(std::vector<model::TopicId> topics);
    io::Task<std::vector<base::Result<void>>> add_partitions_in_turn(
        std::vector<MorePartitions> requests, bool validate_only);
    io::Task<base::Result<void>> alter_topic_in_turn(std::string topic, ConfigAlteration alteration,
                                                     bool validate_only);
    io::Task<base::Result<void>> alter_broker_in_turn(model::DynamicLayer layer,
                                                      ConfigAlteration alteration,
                                                      bool validate_only);
    io::Task<base::Result<model::ProducerId>> allocate_in_turn(int64_t count);
    io::Task<base::Result<routing::SubscriptionPtr>> subscribe_in_turn(
        routing::Subscription wanted);
    io::Task<base::Result<routing::SubscriptionPtr>> alter_in_turn(routing::SubscriptionId id,
                                                                   SubscriptionChange change);
    io::Task<base::Result<void>> unsubscribe_in_turn(routing::SubscriptionId id);
    io::Task<base::Result<routing::SubscriptionPtr>> commit_subscription(
        routing::Subscription subscription);
    base::Result<TopicPtr> plan(const NewTopic& wanted, const MetadataImage& image);
    base::Result<int32_t> plan_partitions(const NewTopic& wanted, const MetadataImage& image) const;
    base::Result<void> check_replicas(const std::vector<model::NodeId>& replicas) const;
    base::Result<void> check_caps(const Topic& topic, const MetadataImage& image) const;
    base::Result<TopicPtr> plan_more(const MorePartitions& request,
                                     const MetadataImage& image) const;
    base::Result<void> apply(MetadataImage& image, const Record& record) const;
    io::Task<base::Result<void>> commit(std::vector<Record> records);
    std::vector<Record> capture() const;
    base::Uuid random_uuid();

    io::Shard& shard_;
    const model::NodeId node_;
    const base::Limits& limits_;
    std::unique_ptr<Store> store_;
    Publish publish_;
    ImagePtr image_;
    io::Mutex one_at_a_time_;
    io::TaskScope scope_;  // changes under way; last, so that it goes first
};

}  // namespace polylog::meta

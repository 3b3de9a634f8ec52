#include "meta/controller.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "io/pace.h"
#include "io/run_to_end.h"
#include "io/signal.h"
#include "model/topic_name.h"

namespace polylog::meta {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::TopicId;

namespace {

constexpr int32_t kPartitionsPerRequestMax = 10'000;

// What the records after a change say about one topic.
TopicRecord to_record(const Topic& topic) {
    return {.id = topic.id,
            .name = topic.name,
            .partition_count = topic.partition_count,
            .internal = topic.internal,
            .first_restart = topic.first_restart,
            .overrides = topic.overrides};
}

// The changes that make `current` equal to the settings named in `changes`, and nothing else.
std::vector<model::ConfigChange> replacing_all(const model::ConfigMap& current,
                                               std::vector<model::ConfigChange> changes) {
    std::set<std::string> named;
    for (const model::ConfigChange& change : changes) named.insert(change.name);
    for (const auto& [name, value] : current) {
        if (!named.contains(name)) {
            changes.push_back({.name = name, .operation = model::ConfigChange::Operation::reset});
        }
    }
    return changes;
}

}  // namespace

Controller::Controller(io::Shard& shard, model::NodeId node, const base::Limits& limits,
                       std::unique_ptr<Store> store, model::ConfigMap static_config,
                       Publish publish)
    : shard_(shard),
      node_(node),
      limits_(limits),
      store_(std::move(store)),
      publish_(std::move(publish)) {
    auto image = std::make_shared<MetadataImage>();
    image->broker_layers.static_broker = std::move(static_config);
    image_ = std::move(image);
}

Task<Result<void>> Controller::start(bool clean_stop) {
    auto image = std::make_shared<MetadataImage>(*image_);
    CO_TRY(image->broker_config, model::parse_broker_config(image->broker_layers));
    CO_TRY_VOID(
        co_await store_->replay([this, &image](Record record) { return apply(*image, record); }));
    CO_TRY_VOID(image->compile_subscriptions());
    image_ = image;
    std::vector<Record> first;
    if (image->cluster_id.is_nil()) {
        first.push_back(ClusterRecord{random_uuid()});
    } else if (!clean_stop) {
        first.push_back(RestartsRecord{image->restarts + 1});
    }
    auto turn = co_await one_at_a_time_.lock();
    if (!first.empty()) co_return co_await commit(std::move(first));
    std::vector<TopicId> all;
    for (const auto& [id, topic] : image_->topics_by_id) all.push_back(id);
    co_await publish_(image_, std::move(all));
    co_return {};
}

Task<std::vector<Result<std::shared_ptr<const Topic>>>> Controller::create_topics(
    std::vector<NewTopic> topics, bool validate_only) {
    std::vector<Result<TopicPtr>> if_closed(topics.size(), fail(ErrorCode::closed));
    return io::run_to_end(scope_, create_in_turn(std::move(topics), validate_only),
                          std::move(if_closed));
}

Task<std::vector<Result<void>>> Controller::delete_topics(std::vector<TopicId> topics) {
    std::vector<Result<void>> if_closed(topics.size(), fail(ErrorCode::closed));
    return io::run_to_end(scope_, delete_in_turn(std::move(topics)), std::move(if_closed));
}

Task<std::vector<Result<void>>> Controller::create_partitions(std::vector<MorePartitions> requests,
                                                              bool validate_only) {
    std::vector<Result<void>> if_closed(requests.size(), fail(ErrorCode::closed));
    return io::run_to_end(scope_, add_partitions_in_turn(std::move(requests), validate_only),
                          std::move(if_closed));
}

Task<Result<void>> Controller::alter_topic(std::string topic, ConfigAlteration alteration,
                                           bool validate_only) {
    return io::run_to_end(scope_,
                          alter_topic_in_turn(std::move(topic), std::move(alteration),
                                              validate_only),
                          Result<void>(fail(ErrorCode::closed)));
}

Task<Result<void>> Controller::alter_broker(model::DynamicLayer layer, ConfigAlteration alteration,
                                            bool validate_only) {
    return io::run_to_end(scope_, alter_broker_in_turn(layer, std::move(alteration), validate_only),
                          Result<void>(fail(ErrorCode::closed)));
}

Task<Result<model::ProducerId>> Controller::allocate_producer_ids(int64_t count) {
    return io::run_to_end(scope_, allocate_in_turn(count),
                          Result<model::ProducerId>(fail(ErrorCode::closed)));
}

Task<Result<routing::SubscriptionPtr>> Controller::subscribe(routing::Subscription wanted) {
    return io::run_to_end(scope_, subscribe_in_turn(std::move(wanted)),
                          Result<routing::SubscriptionPtr>(fail(ErrorCode::closed)));
}

Task<Result<routing::SubscriptionPtr>> Controller::alter_subscription(routing::SubscriptionId id,
                                                                      SubscriptionChange change) {
    return io::run_to_end(scope_, alter_in_turn(id, std::move(change)),
                          Result<routing::SubscriptionPtr>(fail(ErrorCode::closed)));
}

Task<Result<void>> Controller::unsubscribe(routing::SubscriptionId id) {
    return io::run_to_end(scope_, unsubscribe_in_turn(id), Result<void>(fail(ErrorCode::closed)));
}

Task<std::vector<Result<Controller::TopicPtr>>> Controller::create_in_turn(
    std::vector<NewTopic> topics, bool validate_only) {
    auto turn = co_await one_at_a_time_.lock();
    std::multiset<std::string> named;
    int64_t partitions = 0;
    for (const NewTopic& topic : topics) named.insert(topic.name);

    std::vector<Result<TopicPtr>> results;
    // Topics of one request are checked against each other, too.
    MetadataImage planned = *image_;
    std::vector<Record> records;
    io::Pace pace;
    for (const NewTopic& wanted : topics) {
        if (pace.due()) co_await io::end_of_turn();
        if (named.count(wanted.name) > 1) {
            results.push_back(
                fail(ErrorCode::invalid_request, "the topic is named twice in one request"));
            continue;
        }
        Result<TopicPtr> topic = plan(wanted, planned);
        if (topic && (partitions += (*topic)->partition_count) > kPartitionsPerRequestMax) {
            topic = fail(ErrorCode::policy_violation,
                         fmt::format("more than {} partitions in one request",
                                     kPartitionsPerRequestMax));
        }
        if (topic) {
            planned.put(*topic);
            records.push_back(to_record(**topic));
        }
        results.push_back(std::move(topic));
    }
    if (validate_only) {
        for (auto& result : results) {
            if (!result) continue;
            auto unnamed = std::make_shared<Topic>(**result);
            unnamed->id = {};
            result = std::move(unnamed);
        }
        co_return results;
    }
    const auto committed = co_await commit(std::move(records));
    if (!committed) {
        for (auto& result : results) {
            if (result) result = fail(committed.error());
        }
    }
    co_return results;
}

Result<Controller::TopicPtr> Controller::plan(const NewTopic& wanted, const MetadataImage& image) {
    TRY_VOID(model::check_topic_name(wanted.name));
    if (image.find(wanted.name)) {
        return fail(ErrorCode::topic_exists, fmt::format("topic '{}' already exists", wanted.name));
    }
    // DIVERGES: Kafka refuses its metadata log's name only. A client that makes another one decides
    // how many partitions the broker's own state has, and whether it is compacted.
    if (!wanted.internal && model::is_internal_topic_name(wanted.name)) {
        return fail(ErrorCode::invalid_request,
                    fmt::format("'{}' is the name of an internal topic, which only the broker "
                                "creates",
                                wanted.name));
    }
    if (const TopicPtr other = image.find_colliding(wanted.name)) {
        return fail(ErrorCode::invalid_name,
                    fmt::format("topic '{}' collides with '{}': '.' and '_' count as the same in "
                                "metrics",
                                wanted.name, other->name));
    }
    auto topic = std::make_shared<Topic>();
    TRY(topic->partition_count, plan_partitions(wanted, image));
    TRY(topic->config, image.configure(wanted.overrides, wanted.internal));
    topic->id = {random_uuid()};
    topic->name = wanted.name;
    topic->internal = wanted.internal;
    topic->first_restart = image.restarts;
    topic->overrides = wanted.overrides;
    TRY_VOID(check_caps(*topic, image));
    return topic;
}

// What this broker is built for. Internal topics are the broker's own, and always may be made.
Result<void> Controller::check_caps(const Topic& topic, const MetadataImage& image) const {
    if (topic.internal) return {};
    const auto over = [](std::string_view what, uint32_t most, std::string_view limit) {
        return fail(ErrorCode::policy_violation,
                    fmt::format("more than {} {} (limits.{})", most, what, limit));
    };
    const auto count = static_cast<uint64_t>(topic.partition_count);
    if (count > limits_.partitions_per_topic_max) {
        return over("partitions of one topic", limits_.partitions_per_topic_max,
                    "partitions_per_topic_max");
    }
    const TopicPtr before = image.find(topic.name);
    const uint64_t had = before ? static_cast<uint64_t>(before->partition_count) : 0;
    if (!before && image.topics.size() >= limits_.topics_max)
        return over("topics", limits_.topics_max, "topics_max");
    if (image.partition_count() - had + count > limits_.partitions_max)
        return over("partitions", limits_.partitions_max, "partitions_max");
    return {};
}

Result<int32_t> Controller::plan_partitions(const NewTopic& wanted,
                                            const MetadataImage& image) const {
    if (!wanted.assignments.empty()) {
        if (wanted.partition_count != -1 || wanted.replication_factor != -1) {
            return fail(ErrorCode::invalid_request,
                        "replicas are assigned by hand, so neither a partition count nor a "
                        "replication factor "
                        "may be given");
        }
        std::set<int32_t> partitions;
        for (const auto& [partition, replicas] : wanted.assignments) {
            TRY_VOID(check_replicas(replicas));
            partitions.insert(partition);
        }
        const auto count = static_cast<int32_t>(wanted.assignments.size());
        if (std::ssize(partitions) != count || *partitions.begin() != 0 ||
            *partitions.rbegin() != count - 1) {
            return fail(ErrorCode::invalid_replica_assignment,
                        "partitions must be numbered from 0 without gaps");
        }
        return count;
    }
    const int32_t replicas = wanted.replication_factor == -1
                                 ? image.broker_config.default_replication_factor
                                 : wanted.replication_factor;
    if (replicas < 1) {
        return fail(ErrorCode::invalid_replication_factor,
                    "the replication factor must be at least 1");
    }
    if (replicas > 1) {
        return fail(ErrorCode::invalid_replication_factor,
                    fmt::format("replication factor {} is larger than the number of brokers, 1",
                                replicas));
    }
    const int32_t count = wanted.partition_count == -1 ? image.broker_config.num_partitions
                                                       : wanted.partition_count;
    if (count < 1)
        return fail(ErrorCode::invalid_partition_count, "the partition count must be at least 1");
    return count;
}

Result<void> Controller::check_replicas(const std::vector<model::NodeId>& replicas) const {
    if (replicas.size() == 1 && replicas.front() == node_) return {};
    return fail(ErrorCode::invalid_replica_assignment,
                fmt::format("every partition needs exactly one replica, on broker {}",
                            node_.value));
}

Task<std::vector<Result<void>>> Controller::delete_in_turn(std::vector<TopicId> topics) {
    auto turn = co_await one_at_a_time_.lock();
    std::vector<Result<void>> results;
    std::vector<Record> records;
    std::set<TopicId> seen;
    for (const TopicId& id : topics) {
        const TopicPtr topic = image_->find(id);
        if (!topic || !seen.insert(id).second) {
            results.push_back(fail(ErrorCode::unknown_topic_id));
        } else if (topic->internal) {
            results.push_back(fail(ErrorCode::invalid_request,
                                   fmt::format("'{}' is an internal topic", topic->name)));
        } else {
            records.push_back(RemoveTopicRecord{id});
            results.push_back({});
        }
    }
    const auto committed = co_await commit(std::move(records));
    if (!committed) {
        for (auto& result : results) {
            if (result) result = fail(committed.error());
        }
    }
    co_return results;
}

Task<std::vector<Result<void>>> Controller::add_partitions_in_turn(
    std::vector<MorePartitions> requests, bool validate_only) {
    auto turn = co_await one_at_a_time_.lock();
    std::multiset<std::string> named;
    for (const MorePartitions& request : requests) named.insert(request.topic);
    std::vector<Result<void>> results;
    MetadataImage planned = *image_;  // so that the caps hold for all requests together
    std::vector<Record> records;
    for (const MorePartitions& request : requests) {
        Result<TopicPtr> topic = named.count(request.topic) > 1
                                     ? fail(ErrorCode::invalid_request,
                                            "the topic is named twice in one request")
                                     : plan_more(request, planned);
        if (topic) {
            planned.put(*topic);
            records.push_back(to_record(**topic));
        }
        results.push_back(topic ? Result<void>() : fail(topic.error()));
    }
    if (validate_only) co_return results;
    const auto committed = co_await commit(std::move(records));
    if (!committed) {
        for (auto& result : results) {
            if (result) result = fail(committed.error());
        }
    }
    co_return results;
}

Result<Controller::TopicPtr> Controller::plan_more(const MorePartitions& request,
                                                   const MetadataImage& image) const {
    const TopicPtr current = image.find(request.topic);
    if (!current) return fail(ErrorCode::unknown_topic);
    if (current->internal) {
        // Where a group's records are follows from the number of partitions.
        return fail(ErrorCode::invalid_request,
                    fmt::format("'{}' is an internal topic: its partitions stay as many as they "
                                "are",
                                current->name));
    }
    const int32_t more = request.total_count - current->partition_count;
    if (more <= 0) {
        return fail(ErrorCode::invalid_partition_count,
                    fmt::format("topic '{}' has {} partitions; {} is not more", current->name,
                                current->partition_count, request.total_count));
    }
    if (more > kPartitionsPerRequestMax) {
        return fail(ErrorCode::policy_violation,
                    fmt::format("more than {} partitions in one request",
                                kPartitionsPerRequestMax));
    }
    if (!request.assignments.empty() && std::ssize(request.assignments) != more) {
        return fail(ErrorCode::invalid_replica_assignment,
                    fmt::format("{} partitions are added, but {} are assigned", more,
                                request.assignments.size()));
    }
    for (const auto& replicas : request.assignments) TRY_VOID(check_replicas(replicas));
    auto topic = std::make_shared<Topic>(*current);
    topic->partition_count = request.total_count;
    TRY_VOID(check_caps(*topic, image));
    return topic;
}

Task<Result<void>> Controller::alter_topic_in_turn(std::string topic, ConfigAlteration alteration,
                                                   bool validate_only) {
    auto turn = co_await one_at_a_time_.lock();
    const TopicPtr current = image_->find(topic);
    if (!current) co_return fail(ErrorCode::unknown_topic);
    if (alteration.replace_all) {
        alteration.changes = replacing_all(current->overrides, std::move(alteration.changes));
    }
    auto altered = std::make_shared<Topic>(*current);
    CO_TRY(altered->overrides, model::alter_topic_config(current->overrides, alteration.changes,
                                                         image_->broker_layers));
    if (validate_only || altered->overrides == current->overrides) co_return {};
    std::vector<Record> records{to_record(*altered)};
    co_return co_await commit(std::move(records));
}

Task<Result<void>> Controller::alter_broker_in_turn(model::DynamicLayer layer,
                                                    ConfigAlteration alteration,
                                                    bool validate_only) {
    auto turn = co_await one_at_a_time_.lock();
    const model::BrokerConfigLayers& layers = image_->broker_layers;
    const bool all_brokers = layer == model::DynamicLayer::all_brokers;
    const model::ConfigMap& current = all_brokers ? layers.dynamic_default : layers.dynamic_broker;
    if (alteration.replace_all)
        alteration.changes = replacing_all(current, std::move(alteration.changes));
    CO_TRY(model::ConfigMap altered, model::alter_broker_config(layers, layer, alteration.changes));
    if (validate_only || altered == current) co_return {};
    std::vector<Record> records{BrokerConfigRecord{all_brokers, std::move(altered)}};
    co_return co_await commit(std::move(records));
}

Task<Result<model::ProducerId>> Controller::allocate_in_turn(int64_t count) {
    auto turn = co_await one_at_a_time_.lock();
    const model::ProducerId first = image_->next_producer_id;
    std::vector<Record> records{ProducerIdsRecord{{first.value + count}}};
    CO_TRY_VOID(co_await commit(std::move(records)));
    co_return first;
}

Task<Result<routing::SubscriptionPtr>> Controller::subscribe_in_turn(routing::Subscription wanted) {
    auto turn = co_await one_at_a_time_.lock();
    CO_TRY(routing::Subscription planned, plan_subscription(*image_, limits_, std::move(wanted)));
    if (planned.id == routing::SubscriptionId{}) {
        planned.id = {random_uuid()};
        planned.number = image_->next_subscription_number;
        // Whole milliseconds, as it is stored.
        planned.created_at = base::from_unix_ms(base::to_unix_ms(shard_.env().clock.wall()));
    }
    co_return co_await commit_subscription(std::move(planned));
}

Task<Result<routing::SubscriptionPtr>> Controller::alter_in_turn(routing::SubscriptionId id,
                                                                 SubscriptionChange change) {
    auto turn = co_await one_at_a_time_.lock();
    CO_TRY(routing::Subscription planned, plan_change(*image_, id, std::move(change)));
    co_return co_await commit_subscription(std::move(planned));
}

Task<Result<void>> Controller::unsubscribe_in_turn(routing::SubscriptionId id) {
    auto turn = co_await one_at_a_time_.lock();
    if (!image_->subscriptions().find(id)) co_return fail(ErrorCode::unknown_subscription);
    std::vector<Record> records{RemoveSubscriptionRecord{id}};
    co_return co_await commit(std::move(records));
}

Task<Result<routing::SubscriptionPtr>> Controller::commit_subscription(
    routing::Subscription subscription) {
    const routing::SubscriptionId id = subscription.id;
    const routing::SubscriptionPtr present = image_->subscriptions().find(id);
    if (present && *present == subscription) co_return present;
    std::vector<Record> records{SubscriptionRecord{std::move(subscription)}};
    CO_TRY_VOID(co_await commit(std::move(records)));
    co_return image_->subscriptions().find(id);
}

// Makes the records durable, then the new image the current one, everywhere.
Task<Result<void>> Controller::commit(std::vector<Record> records) {
    if (records.empty()) co_return {};
    auto image = std::make_shared<MetadataImage>(*image_);
    std::vector<TopicId> changed;
    for (const Record& record : records) {
        CO_TRY_VOID(apply(*image, record));
        if (const auto* topic = std::get_if<TopicRecord>(&record)) changed.push_back(topic->id);
        if (const auto* removed = std::get_if<RemoveTopicRecord>(&record))
            changed.push_back(removed->id);
        if (std::holds_alternative<BrokerConfigRecord>(record) ||
            std::holds_alternative<RestartsRecord>(record)) {
            for (const auto& [id, topic] : image->topics_by_id) changed.push_back(id);
        }
    }
    CO_TRY_VOID(image->compile_subscriptions());
    CO_TRY_VOID(co_await store_->commit(std::move(records)));
    image_ = std::move(image);
    co_await publish_(image_, std::move(changed));
    co_return co_await store_->shorten([this] { return capture(); });
}

Result<void> Controller::apply(MetadataImage& image, const Record& record) const {
    if (const auto* cluster = std::get_if<ClusterRecord>(&record)) {
        image.cluster_id = cluster->cluster_id;
    } else if (const auto* restarts = std::get_if<RestartsRecord>(&record)) {
        image.restarts = restarts->restarts;
    } else if (const auto* ids = std::get_if<ProducerIdsRecord>(&record)) {
        image.next_producer_id = ids->next;
    } else if (const auto* removed = std::get_if<RemoveTopicRecord>(&record)) {
        image.remove(removed->id);
    } else if (const auto* config = std::get_if<BrokerConfigRecord>(&record)) {
        auto& layer = config->cluster_default ? image.broker_layers.dynamic_default
                                              : image.broker_layers.dynamic_broker;
        layer = config->overrides;
        TRY(image.broker_config, model::parse_broker_config(image.broker_layers));
        TRY_VOID(image.configure_topics());
    } else if (const auto* written = std::get_if<TopicRecord>(&record)) {
        auto topic = std::make_shared<Topic>();
        topic->id = written->id;
        topic->name = written->name;
        topic->partition_count = written->partition_count;
        topic->internal = written->internal;
        topic->first_restart = written->first_restart;
        topic->overrides = written->overrides;
        TRY(topic->config, image.configure(topic->overrides, topic->internal));
        image.put(std::move(topic));
    } else if (const auto* made = std::get_if<SubscriptionRecord>(&record)) {
        auto& next = image.next_subscription_number;
        next = std::max(next, {made->subscription.number.value + 1});
        image.put(std::make_shared<const routing::Subscription>(made->subscription));
    } else if (const auto* ended = std::get_if<RemoveSubscriptionRecord>(&record)) {
        image.remove(ended->id);
    } else if (const auto* numbers = std::get_if<SubscriptionNumbersRecord>(&record)) {
        image.next_subscription_number = numbers->next;
    }
    return {};
}

std::vector<Record> Controller::capture() const {
    std::vector<Record> records;
    records.push_back(ClusterRecord{image_->cluster_id});
    records.push_back(RestartsRecord{image_->restarts});
    records.push_back(ProducerIdsRecord{image_->next_producer_id});
    records.push_back(BrokerConfigRecord{true, image_->broker_layers.dynamic_default});
    records.push_back(BrokerConfigRecord{false, image_->broker_layers.dynamic_broker});
    for (const auto& [id, topic] : image_->topics_by_id) records.push_back(to_record(*topic));
    image_->subscriptions().for_each([&](const routing::Subscription& subscription) {
        records.push_back(SubscriptionRecord{subscription});
    });
    records.push_back(SubscriptionNumbersRecord{image_->next_subscription_number});
    return records;
}

base::Uuid Controller::random_uuid() {
    io::Random& random = shard_.env().random;
    const uint64_t high = random.next();
    return base::Uuid::from_random(high, random.next());
}

}  // namespace polylog::meta

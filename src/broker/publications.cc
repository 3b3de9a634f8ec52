#include "broker/publications.h"

#include <fmt/core.h>

#include <map>
#include <utility>

#include "base/hash.h"
#include "base/hex.h"
#include "base/sha256.h"
#include "broker/settings_alteration.h"
#include "broker/shards.h"
#include "broker/topics.h"
#include "io/when_all.h"
#include "model/publication_config.h"

namespace polylog::broker {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::Message;
using model::TopicPartition;

namespace {

using Stored = std::vector<Result<queue::Sent>>;

Task<Stored> publish_on(ShardBroker& owner, TopicPartition id, std::vector<queue::Send> sends) {
    const size_t count = sends.size();
    const auto partition = co_await owner.publications().find(id);
    if (!partition) co_return Stored(count, fail(partition.error()));
    co_return co_await (*partition)->publish(std::move(sends));
}

// Fills in the deduplication id that follows from the body (SNS API reference, Publish).
Result<void> check_order(const model::PublicationSettings& settings, Message& message) {
    if (!settings.ordered) {
        if (!message.deduplication_id) return {};
        return fail(ErrorCode::invalid_request,
                    "a topic without order does not recognise duplicates");
    }
    if (!message.group)
        return fail(ErrorCode::invalid_request, "an ordered topic needs the message's group");
    if (message.deduplication_id) return {};
    if (!settings.deduplicate_by_content) {
        return fail(ErrorCode::invalid_request,
                    "an ordered topic needs the message's deduplication id");
    }
    const auto digest = base::sha256(message.body.bytes());
    message.deduplication_id = base::hex_encode(std::as_bytes(std::span(digest)));
    return {};
}

routing::MessageAttribute to_routing(const model::MessageAttribute& attribute) {
    using Type = routing::MessageAttribute::Type;
    Type type = Type::string;
    if (attribute.kind == model::AttributeKind::number) type = Type::number;
    if (attribute.kind == model::AttributeKind::binary) type = Type::binary;
    // SNS, "Message attribute data types": String.Array.
    if (attribute.kind == model::AttributeKind::text && attribute.label == "Array")
        type = Type::array;
    return {.name = attribute.name, .type = type, .value = attribute.value.text()};
}

std::vector<model::Recipient> recipients_of(const meta::TopicSubscriptions& subscriptions,
                                            const Message& message) {
    std::vector<model::Recipient> recipients;
    if (!subscriptions.index) return recipients;
    std::vector<routing::MessageAttribute> attributes;
    attributes.reserve(message.attributes.size());
    for (const auto& attribute : message.attributes) attributes.push_back(to_routing(attribute));
    const auto matched = subscriptions.index->match(
        {.attributes = attributes, .body = message.body.text()});
    recipients.reserve(matched.size());
    for (const uint32_t position : matched) {
        const routing::Subscription& subscription = *subscriptions.all[position];
        recipients.push_back({.subscription = subscription.number, .raw = subscription.raw});
    }
    return recipients;
}

// Messages of a group stay together, where Kafka's producers put records with that key; others are
// spread by what they say.
model::PartitionIndex partition_of(const Message& message, int32_t partition_count) {
    const base::Bytes key = message.group ? base::as_bytes(*message.group) : message.body.bytes();
    return {(base::murmur2(key) & 0x7FFFFFFF) % partition_count};
}

}  // namespace

Result<Publications::TopicPtr> Publications::find(std::string_view name) const {
    auto topic = topics_.image()->find(name);
    if (!topic || !topic->config->is_publication) return fail(ErrorCode::unknown_topic);
    return topic;
}

std::vector<Publications::TopicPtr> Publications::list() const {
    std::vector<TopicPtr> topics;
    const meta::ImagePtr image = topics_.image();
    for (const auto& [name, topic] : image->topics) {
        if (topic->config->is_publication) topics.push_back(topic);
    }
    return topics;
}

Task<Result<Publications::TopicPtr>> Publications::create(NewPublicationTopic wanted) {
    std::vector<meta::NewTopic> topics;
    topics.push_back({.name = std::move(wanted.name),
                      .partition_count = wanted.partition_count,
                      .overrides = model::publication_overrides(wanted.settings)});
    auto created = co_await topics_.create(std::move(topics), false);
    co_return std::move(created.front());
}

Task<Result<void>> Publications::alter(TopicPtr topic, model::PublicationSettings settings) {
    const model::PublicationSettings& before = topic->config->publication;
    if (settings.ordered != before.ordered)
        co_return fail(ErrorCode::invalid_request, "whether a topic is ordered never changes");
    auto alteration = settings_alteration(model::publication_overrides(before),
                                          model::publication_overrides(settings));
    std::string name = topic->name;
    co_return co_await topics_.alter_topic(std::move(name), std::move(alteration), false);
}

Task<Result<void>> Publications::remove(TopicPtr topic) {
    std::vector<model::TopicId> ids{topic->id};
    auto removed = co_await topics_.remove(std::move(ids));
    if (!removed.front() && removed.front().error() == ErrorCode::unknown_topic_id)
        co_return fail(ErrorCode::unknown_topic);
    co_return std::move(removed.front());
}

Task<std::vector<Result<Published>>> Publications::publish(TopicPtr topic,
                                                           std::vector<Message> messages) {
    std::vector<Result<Published>> results(messages.size());
    if (auto accepted = pressure_.accepts_records(); !accepted) {
        results.assign(messages.size(), fail(std::move(accepted).error()));
        co_return results;
    }
    const auto subscriptions = topics_.image()->subscriptions_of(topic->id);
    struct Part {
        std::vector<size_t> places;
        std::vector<Message> messages;
    };
    std::map<model::PartitionIndex, Part> parts;
    for (size_t i = 0; i < messages.size(); ++i) {
        Message& message = messages[i];
        if (auto checked = check_order(topic->config->publication, message); !checked) {
            results[i] = fail(std::move(checked).error());
            continue;
        }
        message.recipients = recipients_of(*subscriptions, message);
        Part& part = parts[partition_of(message, topic->partition_count)];
        part.places.push_back(i);
        part.messages.push_back(std::move(message));
    }
    std::vector<Task<std::vector<Result<Published>>>> calls;
    for (auto& [partition, part] : parts)
        calls.push_back(publish_to({topic->id, partition}, std::move(part.messages)));
    auto gathered = co_await io::when_all(std::move(calls));
    size_t call = 0;
    for (const auto& [partition, part] : parts) {
        for (size_t i = 0; i < part.places.size(); ++i)
            results[part.places[i]] = std::move(gathered[call][i]);
        ++call;
    }
    co_return results;
}

Task<std::vector<Result<Published>>> Publications::publish_to(TopicPartition id,
                                                              std::vector<Message> messages) {
    std::vector<queue::Send> sends;
    sends.reserve(messages.size());
    for (Message& message : messages)
        sends.push_back({.message = std::move(message), .delay = {}, .hand_off = {}});
    ShardBroker& owner = shards_.owner(id);
    const Stored stored = co_await io::call(owner.shard(),
                                            [&owner, id, sends = std::move(sends)]() mutable {
                                                return publish_on(owner, id, std::move(sends));
                                            });
    std::vector<Result<Published>> results;
    results.reserve(stored.size());
    for (const Result<queue::Sent>& sent : stored) {
        if (!sent) {
            results.push_back(fail(sent.error()));
            continue;
        }
        results.push_back(Published{
            .id = sent->id, .partition = id, .offset = sent->offset, .duplicate = sent->duplicate});
    }
    co_return results;
}

}  // namespace polylog::broker

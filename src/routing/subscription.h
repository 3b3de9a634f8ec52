#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/strong.h"
#include "base/time.h"
#include "base/uuid.h"
#include "model/ids.h"
#include "routing/filter_policy.h"

// The nouns of a topic's subscriptions, as they are agreed on and stored. Values: part of the
// metadata image, shared by all shards and never changed; a change makes a new image. All texts
// were checked when the subscription was made or altered.
namespace polylog::routing {

// Never given out again, so that a subscription deleted and made again is another one.
using SubscriptionId = base::Strong<struct SubscriptionIdTag, base::Uuid>;
using model::SubscriptionNumber;

// A queue of this cluster.
struct QueueTarget {
    std::string name;
    // The queue's incarnation that deliveries are for; none until there was one of that name. A
    // queue that was deleted and created again under the name receives nothing.
    std::optional<model::TopicId> queue{};

    bool operator==(const QueueTarget&) const = default;
};
// An address that messages are posted to.
struct UrlTarget {
    std::string url;

    bool operator==(const UrlTarget&) const = default;
};
// Something outside that only a configured bridge can reach, under the name that its users give it.
struct BridgeTarget {
    std::string bridge;
    std::string address;

    bool operator==(const BridgeTarget&) const = default;
};
using DeliveryTarget = std::variant<QueueTarget, UrlTarget, BridgeTarget>;

// Which messages a subscription takes; see FilterPolicy.
struct Filter {
    FilterScope scope = FilterScope::attributes;
    std::string policy;  // as the subscriber wrote it

    bool operator==(const Filter&) const = default;
};

// What whoever answers for the target has to show. Kept when it was shown, so that showing it again
// gives the same answer.
struct Confirmation {
    std::array<uint8_t, 32> token_hash{};  // SHA-256: who reads the metadata cannot confirm
    base::WallTime expires_at{};           // stored in milliseconds

    bool operator==(const Confirmation&) const = default;
};

// One subscriber of one topic.
struct Subscription {
    SubscriptionId id{};
    SubscriptionNumber number{};
    model::TopicId topic{};
    DeliveryTarget target;
    // Who made it, as the front end names its users.
    std::string owner{};
    // Which body of a message it takes, where a message has several (model::BodyVariant).
    std::string variant{};
    // Until its target has said yes a subscription takes no message.
    bool confirmed = false;
    // Whether whoever confirmed was authenticated: then only an authenticated request may end it.
    bool confirmed_by_owner = false;
    base::WallTime created_at{};  // stored in milliseconds
    std::optional<Confirmation> confirmation{};

    // The message as it was published, not in an envelope that describes it.
    bool raw = false;
    // None takes every message.
    std::optional<Filter> filter{};
    // Where messages go that cannot be delivered; without one they are counted and dropped.
    std::optional<QueueTarget> dead_letter{};
    // Pace and retries of an UrlTarget as the subscriber wrote them; empty leaves it to the topic.
    std::string delivery_policy{};

    bool operator==(const Subscription&) const = default;
};

using SubscriptionPtr = std::shared_ptr<const Subscription>;

// Whether both lead to the same place; a topic has one subscription for each. The incarnation of a
// queue does not count.
bool same_target(const DeliveryTarget& one, const DeliveryTarget& other);

}  // namespace polylog::routing

#pragma once

#include <optional>
#include <string>

#include "base/limits.h"
#include "base/result.h"
#include "meta/metadata_image.h"
#include "routing/subscription.h"

// What becomes of a request about a subscription; pure functions on an image. The controller
// commits what they answer.
namespace polylog::meta {

// What an owner changes; what is absent stays.
struct SubscriptionChange {
    struct Confirmed {
        bool by_owner;
    };
    std::optional<Confirmed> confirmed;  // of one that is confirmed already nothing changes
    std::optional<bool> raw;
    std::optional<std::optional<routing::Filter>> filter;
    std::optional<std::optional<routing::QueueTarget>> dead_letter;
    std::optional<std::string> delivery_policy;
};

// The subscription that answers a wish for one: the target's own where it has one (of an
// unconfirmed one with the wish's confirmation, of a queue made anew bound to that), otherwise the
// wish without id, number and time. Errors: unknown_topic_id, invalid_request (the topic has no
// subscribers; an ordered queue for a topic without order; a filter that is wrong), unsupported
// (a filter), subscription_exists (with other settings), policy_violation (limits).
base::Result<routing::Subscription> plan_subscription(const MetadataImage& image,
                                                      const base::Limits& limits,
                                                      routing::Subscription wanted);
// Errors: unknown_subscription, those of filters as above.
base::Result<routing::Subscription> plan_change(const MetadataImage& image,
                                                const routing::SubscriptionId& id,
                                                SubscriptionChange change);

}  // namespace polylog::meta

#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "routing/subscription.h"
#include "routing/subscription_index.h"

namespace polylog::meta {

// The subscriptions of one topic and their filters, compiled. Part of the metadata image: immutable
// and shared by all shards; a change makes another one.
struct TopicSubscriptions {
    std::vector<routing::SubscriptionPtr> all;  // by number; the index names them by position
    std::shared_ptr<const routing::SubscriptionIndex> index;  // null until compiled

    // Null when there is none.
    routing::SubscriptionPtr find(routing::SubscriptionNumber number) const;
    routing::SubscriptionPtr find(const routing::DeliveryTarget& target) const;

    // The same with this subscription new, or as it is now; not compiled.
    TopicSubscriptions with(routing::SubscriptionPtr subscription) const;
    TopicSubscriptions without(routing::SubscriptionNumber number) const;
    // Errors: those of routing::SubscriptionIndex::build.
    base::Result<TopicSubscriptions> compiled() const;
};

}  // namespace polylog::meta

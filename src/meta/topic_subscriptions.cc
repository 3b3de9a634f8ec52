#include "meta/topic_subscriptions.h"

#include <algorithm>
#include <utility>

namespace polylog::meta {

using base::Result;
using routing::SubscriptionNumber;
using routing::SubscriptionPtr;

namespace {

SubscriptionNumber number_of(const SubscriptionPtr& subscription) {
    return subscription->number;
}

}  // namespace

SubscriptionPtr TopicSubscriptions::find(SubscriptionNumber number) const {
    const auto found = std::ranges::lower_bound(all, number, {}, number_of);
    return found != all.end() && (*found)->number == number ? *found : nullptr;
}

SubscriptionPtr TopicSubscriptions::find(const routing::DeliveryTarget& target) const {
    const auto found = std::ranges::find_if(all, [&](const SubscriptionPtr& subscription) {
        return routing::same_target(subscription->target, target);
    });
    return found == all.end() ? nullptr : *found;
}

TopicSubscriptions TopicSubscriptions::with(SubscriptionPtr subscription) const {
    TopicSubscriptions changed{.all = all, .index = nullptr};
    const auto place = std::ranges::lower_bound(changed.all, subscription->number, {}, number_of);
    if (place != changed.all.end() && (*place)->number == subscription->number) {
        *place = std::move(subscription);
    } else {
        changed.all.insert(place, std::move(subscription));
    }
    return changed;
}

TopicSubscriptions TopicSubscriptions::without(SubscriptionNumber number) const {
    TopicSubscriptions changed{.all = all, .index = nullptr};
    std::erase_if(changed.all, [number](const SubscriptionPtr& subscription) {
        return subscription->number == number;
    });
    return changed;
}

Result<TopicSubscriptions> TopicSubscriptions::compiled() const {
    TRY(auto built, routing::SubscriptionIndex::build(all));
    return TopicSubscriptions{.all = all,
                              .index = std::make_shared<const routing::SubscriptionIndex>(
                                  std::move(built))};
}

}  // namespace polylog::meta

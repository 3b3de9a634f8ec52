#include "routing/subscription_index.h"

#include <algorithm>
#include <functional>

#include "routing/scope_index.h"

namespace polylog::routing {

using base::Result;

SubscriptionIndex::SubscriptionIndex() = default;
SubscriptionIndex::SubscriptionIndex(SubscriptionIndex&&) noexcept = default;
SubscriptionIndex& SubscriptionIndex::operator=(SubscriptionIndex&&) noexcept = default;
SubscriptionIndex::~SubscriptionIndex() = default;

Result<SubscriptionIndex> SubscriptionIndex::build(std::span<const Subscription> subscriptions) {
    return build_from(subscriptions.size(),
                      [&](size_t i) -> const Subscription& { return subscriptions[i]; });
}

Result<SubscriptionIndex> SubscriptionIndex::build(std::span<const SubscriptionPtr> subscriptions) {
    return build_from(subscriptions.size(),
                      [&](size_t i) -> const Subscription& { return *subscriptions[i]; });
}

template <class At>
Result<SubscriptionIndex> SubscriptionIndex::build_from(size_t count, At at) {
    SubscriptionIndex index;
    // Ids are random, and not shown to those who publish.
    const uint64_t hash_seed = count == 0 ? 0 : std::hash<SubscriptionId>()(at(0).id);
    ScopeIndex::Builder by_attributes(hash_seed);
    ScopeIndex::Builder by_body(hash_seed);
    for (uint32_t number = 0; number < count; ++number) {
        const Subscription& subscription = at(number);
        if (!subscription.confirmed) continue;
        if (!subscription.filter) {
            index.unfiltered_.push_back(number);
            continue;
        }
        const Filter& filter = *subscription.filter;
        TRY(const FilterPolicy policy, FilterPolicy::parse(filter.policy, filter.scope));
        if (policy.takes_everything()) {
            index.unfiltered_.push_back(number);
        } else {
            (filter.scope == FilterScope::body ? by_body : by_attributes).add(number, policy);
        }
    }
    index.by_attributes_ = std::move(by_attributes).build();
    index.by_body_ = std::move(by_body).build();
    return index;
}

std::vector<uint32_t> SubscriptionIndex::match(const Message& message) const {
    std::vector<uint32_t> matched = unfiltered_;
    if (!by_attributes_->empty()) {
        by_attributes_->match(FieldValues::of_attributes(by_attributes_->keys(),
                                                         message.attributes),
                              matched);
    }
    if (!by_body_->empty()) {
        by_body_->match(FieldValues::of_body(by_body_->keys(), message.body), matched);
    }
    // Several alternatives of a policy may match.
    std::ranges::sort(matched);
    const auto repeated = std::ranges::unique(matched);
    matched.erase(repeated.begin(), repeated.end());
    return matched;
}

}  // namespace polylog::routing

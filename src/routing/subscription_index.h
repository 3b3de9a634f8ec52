#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "routing/filter_policy.h"
#include "routing/message.h"
#include "routing/subscription.h"

namespace polylog::routing {

class ScopeIndex;

// The filter policies of all subscriptions of one topic, compiled so that a message is evaluated
// once for all of them. Immutable and shared by all shards; built anew when a subscription changes.
//
// Equal conditions of different policies are evaluated once. Values are looked up by hash, prefixes
// and suffixes in sorted arrays, numbers in a tree of ranges; wildcards, address ranges and
// anything-but are evaluated only where nothing else decides. Of every policy's alternative one
// condition, the one that holds least often, leads to the alternative; the others are then checked.
// A message so costs its own size and what it nearly matches, not the number of subscriptions.
class SubscriptionIndex {
public:
    // Subscriptions that are not confirmed are left out. Errors: those of FilterPolicy::parse, for
    // a policy that should have been refused earlier.
    static base::Result<SubscriptionIndex> build(std::span<const Subscription> subscriptions);
    static base::Result<SubscriptionIndex> build(std::span<const SubscriptionPtr> subscriptions);

    SubscriptionIndex(SubscriptionIndex&&) noexcept;
    SubscriptionIndex& operator=(SubscriptionIndex&&) noexcept;
    ~SubscriptionIndex();

    // The subscriptions that take the message, as ascending positions in what build() was given.
    std::vector<uint32_t> match(const Message& message) const;

private:
    SubscriptionIndex();
    template <class At>
    static base::Result<SubscriptionIndex> build_from(size_t count, At at);

    std::vector<uint32_t> unfiltered_;
    std::unique_ptr<const ScopeIndex> by_attributes_;
    std::unique_ptr<const ScopeIndex> by_body_;
};

}  // namespace polylog::routing

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "broker/pressure.h"
#include "io/task.h"
#include "meta/controller.h"
#include "routing/subscription.h"

namespace polylog::broker {

class Shards;

// Who gets what is published. Callable from any shard; decided by the controller on the first. When
// a call returns, the change is durable and every shard knows it.
class Subscriptions {
public:
    // How long a token confirms (SNS API reference, ConfirmSubscription: two days).
    static constexpr base::Duration kTokenLifetime = std::chrono::days(2);

    Subscriptions(Shards& shards, meta::Controller& controller, const Pressure& pressure)
        : shards_(shards), controller_(controller), pressure_(pressure) {}

    struct Subscribed {
        routing::SubscriptionPtr subscription;
        // Confirms it; empty when it is confirmed. Each call makes another one, and only the newest
        // counts. For the target's eyes only: it is stored nowhere.
        std::string token;
    };
    // Makes a subscription, or finds the one that the target has with the same settings. Id, number
    // and time of the wish are of no account; `confirmed` is, of a new one. Errors: those of
    // meta::plan_subscription, disk_full.
    io::Task<base::Result<Subscribed>> subscribe(routing::Subscription wanted);
    // The token alone names the subscription; to confirm once more changes nothing. Errors:
    // unknown_token, invalid_request (no token at all), disk_full.
    io::Task<base::Result<routing::SubscriptionPtr>> confirm(std::string token, bool by_owner);
    // Errors: unknown_subscription, those of filters, disk_full.
    io::Task<base::Result<routing::SubscriptionPtr>> alter(routing::SubscriptionId id,
                                                           meta::SubscriptionChange change);
    // Messages that were published before and are not delivered yet stay away. Error:
    // unknown_subscription.
    io::Task<base::Result<void>> remove(routing::SubscriptionId id);

    // This shard's view, never older than the last change it was told of. Null when there is none.
    routing::SubscriptionPtr find(const routing::SubscriptionId& id) const;
    // At most `max`, in a fixed order: of all topics those whose ids follow `after` (nil: from the
    // first on), of one topic those whose numbers do.
    std::vector<routing::SubscriptionPtr> list(const routing::SubscriptionId& after,
                                               size_t max) const;
    std::vector<routing::SubscriptionPtr> list_of(const model::TopicId& topic,
                                                  routing::SubscriptionNumber after,
                                                  size_t max) const;
    struct Counts {
        size_t confirmed = 0;
        size_t pending = 0;
    };
    Counts count_of(const model::TopicId& topic) const;

private:
    Shards& shards_;
    meta::Controller& controller_;
    const Pressure& pressure_;
};

}  // namespace polylog::broker

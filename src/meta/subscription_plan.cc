#include "meta/subscription_plan.h"

#include <fmt/core.h>

#include <utility>

#include "routing/filter_policy.h"

namespace polylog::meta {

using base::ErrorCode;
using base::fail;
using base::Result;
using routing::QueueTarget;
using routing::Subscription;

namespace {

Result<void> check_filter(const std::optional<routing::Filter>& filter) {
    if (!filter) return {};
    TRY(const routing::FilterPolicy policy,
        routing::FilterPolicy::parse(filter->policy, filter->scope));
    (void)policy;
    return {};
}

// Binds the target to the queue that has its name now.
void bind(const MetadataImage& image, routing::DeliveryTarget& target) {
    auto* queue = std::get_if<QueueTarget>(&target);
    if (!queue || queue->queue) return;
    const auto topic = image.find(queue->name);
    if (topic && topic->config->is_queue) queue->queue = topic->id;
}

Result<void> check_order(const MetadataImage& image, const Topic& topic,
                         const routing::DeliveryTarget& target) {
    const auto* named = std::get_if<QueueTarget>(&target);
    if (!named || topic.config->publication.ordered) return {};
    const auto queue = image.find(named->name);
    const bool is_ordered = queue && queue->config->is_queue && queue->config->queue.ordered;
    if (!is_ordered) return {};
    return fail(ErrorCode::invalid_request,
                fmt::format("queue '{}' is ordered, and topic '{}' is not", named->name,
                            topic.name));
}

Result<void> check_limits(const MetadataImage& image, const base::Limits& limits,
                          const model::TopicId& topic) {
    const auto over = [](std::string_view what, uint32_t most, std::string_view limit) {
        return fail(ErrorCode::policy_violation,
                    fmt::format("more than {} {} (limits.{})", most, what, limit));
    };
    if (image.subscriptions_of(topic)->all.size() >= limits.subscriptions_per_topic_max) {
        return over("subscriptions of one topic", limits.subscriptions_per_topic_max,
                    "subscriptions_per_topic_max");
    }
    if (image.subscriptions().size() >= limits.subscriptions_max)
        return over("subscriptions", limits.subscriptions_max, "subscriptions_max");
    return {};
}

bool same_settings(const Subscription& one, const Subscription& other) {
    return one.raw == other.raw && one.filter == other.filter &&
           one.dead_letter == other.dead_letter && one.delivery_policy == other.delivery_policy;
}

bool queue_is_gone(const MetadataImage& image, const routing::DeliveryTarget& target) {
    const auto* queue = std::get_if<QueueTarget>(&target);
    return queue && (!queue->queue || !image.find(*queue->queue));
}

}  // namespace

Result<Subscription> plan_subscription(const MetadataImage& image, const base::Limits& limits,
                                       Subscription wanted) {
    const auto topic = image.find(wanted.topic);
    if (!topic) return fail(ErrorCode::unknown_topic_id);
    if (!topic->config->is_publication) {
        return fail(ErrorCode::invalid_request,
                    fmt::format("topic '{}' takes no subscriptions", topic->name));
    }
    TRY_VOID(check_filter(wanted.filter));
    bind(image, wanted.target);
    if (const auto present = image.subscriptions_of(topic->id)->find(wanted.target)) {
        if (!same_settings(*present, wanted)) return fail(ErrorCode::subscription_exists);
        Subscription renewed = *present;
        if (!renewed.confirmed) renewed.confirmation = wanted.confirmation;
        if (queue_is_gone(image, renewed.target)) renewed.target = wanted.target;
        return renewed;
    }
    TRY_VOID(check_order(image, *topic, wanted.target));
    TRY_VOID(check_limits(image, limits, topic->id));
    return wanted;
}

Result<Subscription> plan_change(const MetadataImage& image, const routing::SubscriptionId& id,
                                 SubscriptionChange change) {
    const auto present = image.subscriptions().find(id);
    if (!present) return fail(ErrorCode::unknown_subscription);
    Subscription changed = *present;
    if (change.confirmed && !changed.confirmed) {
        changed.confirmed = true;
        changed.confirmed_by_owner = change.confirmed->by_owner;
    }
    if (change.raw) changed.raw = *change.raw;
    if (change.filter) changed.filter = std::move(*change.filter);
    if (change.dead_letter) changed.dead_letter = std::move(*change.dead_letter);
    if (change.delivery_policy) changed.delivery_policy = std::move(*change.delivery_policy);
    TRY_VOID(check_filter(changed.filter));
    return changed;
}

}  // namespace polylog::meta

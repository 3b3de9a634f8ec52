#include "routing/subscription.h"

namespace polylog::routing {

bool same_target(const DeliveryTarget& one, const DeliveryTarget& other) {
    const auto* queue = std::get_if<QueueTarget>(&one);
    const auto* other_queue = std::get_if<QueueTarget>(&other);
    if (queue && other_queue) return queue->name == other_queue->name;
    return one == other;
}

}  // namespace polylog::routing

#pragma once

#include "routing/filter_policy.h"
#include "routing/message.h"

namespace polylog::routing {

// Whether a policy takes a message, rule by rule: what SubscriptionIndex answers for many policies
// at once. Total on any message; linear in the message and the policy.
bool matches(const FilterPolicy& policy, const Message& message);

}  // namespace polylog::routing

#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/slice.h"

namespace polylog::coordinator {

// The protocol type of consumers, the only members whose metadata the coordinator looks into.
constexpr char kConsumerProtocolType[] = "consumer";

// The topics in a consumer's subscription (ConsumerProtocolSubscription, every version begins with
// them). Nothing when the bytes, which any client may send, are something else.
std::optional<std::set<std::string>> subscribed_topics(base::Bytes metadata);

}  // namespace polylog::coordinator

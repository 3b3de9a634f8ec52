#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "protocol/aws/codec.h"
#include "protocol/aws/messages/sns_subscriptions.h"
#include "protocol/aws/messages/sns_topics.h"
#include "protocol/aws/messages/sqs_messages.h"
#include "protocol/aws/messages/sqs_queues.h"

// Any form gives an input or a fault that says why, for every operation.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view form(reinterpret_cast<const char*>(data), size);
    const auto parameters = polylog::aws::QueryParameters::parse("", form);
    if (!parameters) return 0;
    const auto visit = [&parameters]<class Op>() {
        const auto input = polylog::aws::Codec<Op>::from_query(*parameters, "");
        CHECK(input || !input.error().message.empty());
    };
    polylog::aws::sqs::QueueOperations::for_each(visit);
    polylog::aws::sqs::MessageOperations::for_each(visit);
    polylog::aws::sns::TopicOperations::for_each(visit);
    polylog::aws::sns::SubscriptionOperations::for_each(visit);
    return 0;
}

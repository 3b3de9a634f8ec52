#include "protocol/aws/catalog.h"

#include <algorithm>
#include <array>

#include "protocol/aws/messages/sns_subscriptions.h"
#include "protocol/aws/messages/sns_topics.h"
#include "protocol/aws/messages/sqs_messages.h"
#include "protocol/aws/messages/sqs_queues.h"

namespace polylog::aws {

namespace {

constexpr size_t kOperations = sqs::QueueOperations::size + sqs::MessageOperations::size +
                               sns::TopicOperations::size + sns::SubscriptionOperations::size;

std::array<Operation, kOperations> all_operations() {
    std::array<Operation, kOperations> all;
    auto next = all.begin();
    const auto add = [&next]<class Op>() { *next++ = Op::operation; };
    sqs::QueueOperations::for_each(add);
    sqs::MessageOperations::for_each(add);
    sns::TopicOperations::for_each(add);
    sns::SubscriptionOperations::for_each(add);
    return all;
}

}  // namespace

const Operation* find_operation(Service service, std::string_view name) {
    static const std::array<Operation, kOperations> kAll = all_operations();
    const auto place = std::ranges::find_if(kAll, [&](const Operation& operation) {
        return operation.service == service && operation.name == name;
    });
    return place == kAll.end() ? nullptr : &*place;
}

bool is_left_out(Service service, std::string_view name) {
    return service == Service::sns &&
           std::ranges::find(sns::kLeftOutOperations, name) != std::end(sns::kLeftOutOperations);
}

}  // namespace polylog::aws

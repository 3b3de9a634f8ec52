#pragma once

#include <string>
#include <string_view>

#include "broker/queues.h"
#include "protocol/aws/dispatcher.h"
#include "protocol/aws/fault.h"
#include "protocol/aws/queue_url.h"

// Queues as clients name them. The account in a URL or ARN tells whom a client takes for the owner;
// the broker has one namespace, so it is the name that counts.
namespace polylog::aws {

using QueuePtr = broker::Queues::QueuePtr;

// The queue of a URL. Errors: invalid_address, queue_does_not_exist.
Answer<QueuePtr> find_queue(const broker::Queues& queues, std::string_view url);

// How whoever asks reaches a queue of that name, and what they call it.
std::string url_for(const Context& context, std::string_view name);
std::string arn_for(const Context& context, std::string_view name);

}  // namespace polylog::aws

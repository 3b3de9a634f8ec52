#pragma once

#include <string_view>

#include "model/queue_settings.h"
#include "protocol/aws/fault.h"

// The JSON texts in which the owner of a queue says where its dead letters go, and whose it takes
// (SQS developer guide, "Using dead-letter queues").
namespace polylog::aws {

// {"deadLetterTargetArn": <queue>, "maxReceiveCount": 1 to 1000, a number or its text}. Errors:
// invalid_parameter_value.
Answer<model::DeadLetterRule> parse_redrive_policy(std::string_view text);

// {"redrivePermission": "allowAll" | "denyAll" | "byQueue", "sourceQueueArns": [1 to 10 queues, by
// queue only]}. Errors: invalid_parameter_value.
Answer<model::DeadLetterSources> parse_redrive_allow_policy(std::string_view text);

}  // namespace polylog::aws

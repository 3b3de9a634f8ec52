#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/aws/fault.h"
#include "protocol/aws/service.h"

// Policies as documents (IAM user guide, "JSON policy elements"): what AddPermission and
// RemovePermission make of them. Pure functions; nothing here decides who may do what.
namespace polylog::aws {

// One permission: that accounts may do actions to a queue or topic.
struct Permission {
    std::string label;
    std::vector<std::string> accounts;  // 12 digits, or "*" alone
    std::vector<std::string> actions;   // "SendMessage", or "*"
};

// The policy of a resource with one statement more; an empty text is no policy yet. Errors:
// missing_parameter, invalid_parameter_value (a label that is there, an action that does not
// exist), over_limit.
Answer<std::string> add_permission(std::string_view policy, Service service,
                                   std::string_view resource_arn, const Permission& permission);
// The policy without the statement of that label; empty when it was the last one. Errors:
// invalid_parameter_value when there is none.
Answer<std::string> remove_permission(std::string_view policy, std::string_view label);

// That of a topic whose owner has set none.
std::string default_topic_policy(std::string_view topic_arn, std::string_view account);

}  // namespace polylog::aws

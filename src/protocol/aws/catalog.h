#pragma once

#include <string_view>

#include "protocol/aws/operation.h"

// The operations that this room can read and answer, by name.
namespace polylog::aws {

// Null for a name that the service does not have, or that is left out.
const Operation* find_operation(Service service, std::string_view name);
// An operation of SNS that is about phones or apps.
bool is_left_out(Service service, std::string_view name);

}  // namespace polylog::aws

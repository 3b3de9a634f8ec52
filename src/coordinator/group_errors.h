#pragma once

#include "base/error.h"

namespace polylog::coordinator {

// What the members of a group are told when the offsets log fails: something they can act on. Total
// over the errors there are, so that a new one is thought about before anybody is told of it.
//     coordinator_not_available  wait, and ask again
//     not_coordinator            look for the coordinator again
//     internal                   nothing a member could do: a bug, or a group that does not fit
base::ErrorCode to_group_error(base::ErrorCode log_error);

}  // namespace polylog::coordinator

#pragma once

#include <string_view>

#include "base/result.h"

namespace polylog::io {

// The error for `number` (an errno value) of `operation` on `subject`: disk_full for ENOSPC and
// EDQUOT, not_found for ENOENT, io_failed for the rest; its detail reads "operation subject:
// reason".
base::Error system_error(int number, std::string_view operation, std::string_view subject);

// The same, ready to be returned.
inline std::unexpected<base::Error> system_failure(int number, std::string_view operation,
                                                   std::string_view subject) {
    return base::fail(system_error(number, operation, subject));
}

}  // namespace polylog::io

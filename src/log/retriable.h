#pragma once

#include "base/error.h"

namespace polylog::log {

// What the disk or the machine is short of, and may have again without anybody repairing anything:
// space (disk_full) or descriptors (throttled). Nothing has been written then, so that trying again
// is clean; after any other error of a write or sync it is not.
inline bool is_retriable(const base::Error& error) {
    return error == base::ErrorCode::disk_full || error == base::ErrorCode::throttled;
}

}  // namespace polylog::log

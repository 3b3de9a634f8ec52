#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "io/mutex.h"
#include "io/signal.h"

namespace polylog::log {

class StoredLog;

// A log that is being deleted, from the moment it is forgotten until its files are gone. A new one
// of that id, made meanwhile, leaves the files alone until then; and no checkpoint counts before,
// because it releases what replay would delete again by. Lives on its storage's shard.
struct Deletion {
    std::optional<base::Result<void>> result;
    io::Signal done;
    std::shared_ptr<StoredLog> successor;
    std::optional<io::Mutex::Guard> successor_waits;
};

}  // namespace polylog::log

#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "io/task.h"
#include "meta/records.h"

namespace polylog::meta {

// Where metadata records are agreed on and kept: on one machine an embedded log, in a cluster a
// consensus engine. Nothing above this interface knows which. Lives on the controller's shard.
class Store {
public:
    virtual ~Store() = default;
    // Hands every committed record to `apply`, in order. Once, before anything else.
    using Apply = std::move_only_function<base::Result<void>(Record record)>;
    virtual io::Task<base::Result<void>> replay(Apply apply) = 0;
    // Commits the records, all or none, in this order; durable when it returns.
    // Errors: not_leader, disk_full, partition_offline.
    virtual io::Task<base::Result<void>> commit(std::vector<Record> records) = 0;
    // Tells how large the state is that replay would rebuild; the store may then forget its history
    // and keep what `capture` returns (called at a moment when no commit is under way).
    using Capture = std::move_only_function<std::vector<Record>()>;
    virtual io::Task<base::Result<void>> shorten(Capture capture) = 0;
};

}  // namespace polylog::meta

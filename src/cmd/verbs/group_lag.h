#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/admin.h"

namespace polylog::cmd {

// How far a group is behind in one partition.
struct PartitionLag {
    client::TopicPartition partition;
    int64_t committed = 0;  // the next offset that the group would read
    int64_t end = 0;

    int64_t lag() const { return end > committed ? end - committed : 0; }
};

// For every partition that the group has committed, in order. Topics that were deleted since are
// left out.
io::Task<base::Result<std::vector<PartitionLag>>> group_lag(client::Admin& admin,
                                                            std::string group);

}  // namespace polylog::cmd

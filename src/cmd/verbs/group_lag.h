#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/record.h"
#include "cmd/verbs/session.h"

namespace polylog::cmd {

// How far a group is behind in one partition.
struct PartitionLag {
    client::TopicPartition partition;
    int64_t committed = 0;  // the next offset that the group would read
    int64_t end = 0;
    // How long ago the first record that the group has not read was written; absent when it has
    // read everything, or the record has no timestamp.
    std::optional<base::Duration> age = {};

    int64_t lag() const { return end > committed ? end - committed : 0; }
};

// For every partition that the group has committed, in order. Topics that were deleted since are
// left out. Reads a record from each partition that has unread ones.
io::Task<base::Result<std::vector<PartitionLag>>> group_lag(Session& session, std::string group);

// The largest age; nothing without one.
std::optional<base::Duration> oldest(std::span<const PartitionLag> lags);
// As a cell of a table, in seconds.
Cell seconds_cell(const std::optional<base::Duration>& age);

}  // namespace polylog::cmd

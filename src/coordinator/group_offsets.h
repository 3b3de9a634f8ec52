#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "coordinator/group_membership.h"
#include "coordinator/group_table.h"
#include "coordinator/requests.h"
#include "io/scope.h"

namespace polylog::coordinator {

// Committed offsets: kept, read, deleted and expired, for all groups of one table; and the end of
// groups, which goes with that of their offsets. Lives on the table's shard.
class GroupOffsets {
public:
    // Membership says who may commit.
    GroupOffsets(GroupTable& table, GroupMembership& membership)
        : table_(table), membership_(membership) {}

    // Begins to look for offsets that have expired.
    void start();
    // What is being stored may or may not become durable.
    void close();

    // The calls of GroupCoordinator.
    io::Task<std::vector<base::Result<void>>> commit(MemberIdentity member,
                                                     std::vector<OffsetCommit> commits,
                                                     std::optional<base::Duration> retention);
    base::Result<std::map<TopicPartitionName, CommittedOffset>> committed(
        const std::string& group_id,
        const std::optional<std::vector<TopicPartitionName>>& wanted) const;
    io::Task<base::Result<std::vector<base::Result<void>>>> delete_offsets(
        std::string group_id, std::vector<TopicPartitionName> partitions);
    io::Task<base::Result<void>> delete_group(std::string group_id);
    io::Task<base::Result<void>> forget_topics(std::vector<std::string> topics);

private:
    base::Result<ClassicGroup*> check_commit(const MemberIdentity& member);
    io::Task<std::vector<base::Result<void>>> store_commits(
        std::string group_id, std::vector<OffsetCommit> commits,
        std::vector<base::Result<void>> results);
    io::Task<void> expire_loop();
    io::Task<void> expire_group(std::string group_id);
    std::vector<TopicPartitionName> expired_offsets(const ClassicGroup& group,
                                                    int64_t now_ms) const;
    io::Task<base::Result<void>> forget(std::string group_id,
                                        std::vector<TopicPartitionName> partitions,
                                        bool whole_group);
    io::Task<base::Result<void>> store_tombstones(std::string group_id,
                                                  std::vector<TopicPartitionName> partitions,
                                                  bool whole_group);

    GroupTable& table_;
    GroupMembership& membership_;
    io::TaskScope scope_;  // expiry, and what is being stored; last, so that it goes first
};

}  // namespace polylog::coordinator

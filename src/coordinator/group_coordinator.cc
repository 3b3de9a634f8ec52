#include "coordinator/group_coordinator.h"

#include "coordinator/group_membership.h"
#include "coordinator/group_offsets.h"
#include "coordinator/group_table.h"

namespace polylog::coordinator {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

struct GroupCoordinator::Parts {
    Parts(io::Shard& shard, std::unique_ptr<replication::Journal> journal, GroupConfig config)
        : table(shard, std::move(journal), config), membership(table), offsets(table, membership) {}

    GroupTable table;
    GroupMembership membership;
    GroupOffsets offsets;
};

GroupCoordinator::GroupCoordinator(io::Shard& shard, std::unique_ptr<replication::Journal> journal,
                                   GroupConfig config)
    : parts_(std::make_unique<Parts>(shard, std::move(journal), config)) {}

GroupCoordinator::~GroupCoordinator() {
    close();
}

Task<Result<void>> GroupCoordinator::load() {
    CO_TRY_VOID(co_await parts_->table.load());
    parts_->membership.resume();
    parts_->offsets.start();
    co_return {};
}

void GroupCoordinator::close() {
    parts_->table.close();
    parts_->offsets.close();
    parts_->membership.close();
}

Task<JoinAnswer> GroupCoordinator::join(JoinRequest request) {
    return parts_->membership.join(std::move(request));
}

Task<Result<Synced>> GroupCoordinator::sync(SyncRequest request) {
    return parts_->membership.sync(std::move(request));
}

Result<void> GroupCoordinator::heartbeat(const MemberIdentity& member) {
    return parts_->membership.heartbeat(member);
}

Task<std::vector<Result<void>>> GroupCoordinator::leave(std::string group_id,
                                                        std::vector<LeavingMember> members) {
    return parts_->membership.leave(std::move(group_id), std::move(members));
}

Task<std::vector<Result<void>>> GroupCoordinator::commit(MemberIdentity member,
                                                         std::vector<OffsetCommit> commits,
                                                         std::optional<base::Duration> retention) {
    return parts_->offsets.commit(std::move(member), std::move(commits), retention);
}

Result<std::map<TopicPartitionName, CommittedOffset>> GroupCoordinator::committed(
    const std::string& group_id,
    const std::optional<std::vector<TopicPartitionName>>& wanted) const {
    return parts_->offsets.committed(group_id, wanted);
}

Task<Result<std::vector<Result<void>>>> GroupCoordinator::delete_offsets(
    std::string group_id, std::vector<TopicPartitionName> partitions) {
    return parts_->offsets.delete_offsets(std::move(group_id), std::move(partitions));
}

Task<Result<void>> GroupCoordinator::forget_topics(std::vector<std::string> topics) {
    return parts_->offsets.forget_topics(std::move(topics));
}

Task<Result<void>> GroupCoordinator::delete_group(std::string group_id) {
    return parts_->offsets.delete_group(std::move(group_id));
}

Result<GroupDescription> GroupCoordinator::describe(const std::string& group_id) const {
    TRY_VOID(parts_->table.available());
    const ClassicGroup* group = parts_->table.find(group_id);
    if (!group) return fail(ErrorCode::unknown_group);
    return group->describe();
}

Result<std::vector<GroupListing>> GroupCoordinator::list() const {
    TRY_VOID(parts_->table.available());
    std::vector<GroupListing> listing;
    for (const auto& [id, group] : parts_->table.all()) {
        listing.push_back(
            {.group_id = id, .protocol_type = group->protocol_type(), .state = group->state()});
    }
    return listing;
}

uint64_t GroupCoordinator::live_bytes() const {
    return parts_->table.live_bytes();
}

}  // namespace polylog::coordinator

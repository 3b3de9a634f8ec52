#pragma once

#include <string>
#include <vector>

#include "broker/pressure.h"
#include "coordinator/group_coordinator.h"
#include "io/task.h"
#include "meta/controller.h"

namespace polylog::broker {

class Shards;
class Topics;

// Consumer groups, wherever their coordinator lives. Callable from any shard. Every call of a group
// goes to the shard that owns its partition of the offsets topic; until that topic exists (it is
// created by ready()) the answer is coordinator_not_available. The calls are those of
// coordinator::GroupCoordinator.
class Groups {
public:
    Groups(Shards& shards, Topics& topics, const Pressure& pressure)
        : shards_(shards), topics_(topics), pressure_(pressure) {}

    // Creates the offsets topic if need be. Errors: coordinator_not_available (with the reason).
    io::Task<base::Result<void>> ready();

    io::Task<coordinator::JoinAnswer> join(coordinator::JoinRequest request);
    io::Task<base::Result<coordinator::Synced>> sync(coordinator::SyncRequest request);
    io::Task<base::Result<void>> heartbeat(coordinator::MemberIdentity member);
    io::Task<std::vector<base::Result<void>>> leave(
        std::string group_id, std::vector<coordinator::LeavingMember> members);
    io::Task<std::vector<base::Result<void>>> commit(coordinator::MemberIdentity member,
                                                     std::vector<coordinator::OffsetCommit> commits,
                                                     std::optional<base::Duration> retention);
    using Committed = std::map<coordinator::TopicPartitionName, coordinator::CommittedOffset>;
    io::Task<base::Result<Committed>> committed(
        std::string group_id, std::optional<std::vector<coordinator::TopicPartitionName>> wanted);
    io::Task<base::Result<std::vector<base::Result<void>>>> delete_offsets(
        std::string group_id, std::vector<coordinator::TopicPartitionName> partitions);
    io::Task<base::Result<coordinator::GroupDescription>> describe(std::string group_id);
    io::Task<base::Result<void>> delete_group(std::string group_id);
    // Of every coordinator; coordinator_loading if one is not ready.
    io::Task<base::Result<std::vector<coordinator::GroupListing>>> list();

private:
    Shards& shards_;
    Topics& topics_;
    const Pressure& pressure_;
};

}  // namespace polylog::broker

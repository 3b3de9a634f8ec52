#include "broker/groups.h"

#include <algorithm>
#include <iterator>

#include "broker/internal_topics.h"
#include "broker/shards.h"
#include "broker/topics.h"

namespace polylog::broker {

using base::ErrorCode;
using base::fail;
using base::Result;
using coordinator::GroupCoordinator;
using io::Task;

namespace {

// The shard and the offsets partition that coordinate a group.
struct Place {
    ShardBroker* shard = nullptr;
    model::PartitionIndex partition;
};

Result<Place> place_of(Shards& shards, std::string_view group_id) {
    const auto topic = shards.here().image()->find(model::kOffsetsTopic);
    if (!topic) return fail(ErrorCode::coordinator_not_available);
    const model::PartitionIndex partition = offsets_partition(group_id, topic->partition_count);
    return Place{.shard = &shards.owner({topic->id, partition}), .partition = partition};
}

// Runs `work(coordinator)`, which returns a Task<R>, where the group is coordinated; `refuse` makes
// an R of the error when there is no coordinator.
template <class R, class Work, class Refuse>
Task<R> at_coordinator(Shards& shards, std::string group_id, Work work, Refuse refuse) {
    const Result<Place> place = place_of(shards, group_id);
    if (!place) co_return refuse(place.error());
    co_return co_await io::call(
        place->shard->shard(),
        [place = *place, work = std::move(work), refuse = std::move(refuse)]() mutable -> Task<R> {
            GroupCoordinator* coordinator = place.shard->coordinator(place.partition);
            if (!coordinator) return io::ready<R>(refuse(base::Error(ErrorCode::not_coordinator)));
            return work(*coordinator);
        });
}

constexpr auto kRefuse = [](base::Error error) { return fail(std::move(error)); };

}  // namespace

Task<Result<void>> Groups::ready() {
    const meta::ImagePtr image = topics_.image();
    if (image->find(model::kOffsetsTopic)) co_return {};
    std::vector<meta::NewTopic> wanted;
    wanted.push_back(offsets_topic(image->broker_config));
    const auto created = co_await topics_.create(std::move(wanted), false);
    if (created.front() || created.front().error() == ErrorCode::topic_exists) co_return {};
    co_return fail(ErrorCode::coordinator_not_available, created.front().error().message());
}

Task<coordinator::JoinAnswer> Groups::join(coordinator::JoinRequest request) {
    std::string group_id = request.group_id;
    return at_coordinator<coordinator::JoinAnswer>(
        shards_, std::move(group_id),
        [request = std::move(request)](GroupCoordinator& c) mutable {
            return c.join(std::move(request));
        },
        [](base::Error error) {
            return coordinator::JoinAnswer{.joined = fail(std::move(error)), .member_id = {}};
        });
}

Task<Result<coordinator::Synced>> Groups::sync(coordinator::SyncRequest request) {
    std::string group_id = request.group_id;
    return at_coordinator<Result<coordinator::Synced>>(
        shards_, std::move(group_id),
        [request = std::move(request)](GroupCoordinator& c) mutable {
            return c.sync(std::move(request));
        },
        kRefuse);
}

Task<Result<void>> Groups::heartbeat(coordinator::MemberIdentity member) {
    std::string group_id = member.group_id;
    return at_coordinator<Result<void>>(
        shards_, std::move(group_id),
        [member = std::move(member)](GroupCoordinator& c) {
            return io::ready(c.heartbeat(member));
        },
        kRefuse);
}

Task<std::vector<Result<void>>> Groups::leave(std::string group_id,
                                              std::vector<coordinator::LeavingMember> members) {
    const size_t count = members.size();
    std::string group = group_id;
    return at_coordinator<std::vector<Result<void>>>(
        shards_, std::move(group),
        [group_id = std::move(group_id),
         members = std::move(members)](GroupCoordinator& c) mutable {
            return c.leave(std::move(group_id), std::move(members));
        },
        [count](base::Error error) {
            return std::vector<Result<void>>(count, fail(std::move(error)));
        });
}

Task<std::vector<Result<void>>> Groups::commit(coordinator::MemberIdentity member,
                                               std::vector<coordinator::OffsetCommit> commits,
                                               std::optional<base::Duration> retention) {
    const size_t count = commits.size();
    if (auto accepted = pressure_.accepts_changes(); !accepted)
        return io::ready(std::vector<Result<void>>(count, accepted));
    std::string group_id = member.group_id;
    return at_coordinator<std::vector<Result<void>>>(
        shards_, std::move(group_id),
        [member = std::move(member), commits = std::move(commits),
         retention](GroupCoordinator& c) mutable {
            return c.commit(std::move(member), std::move(commits), retention);
        },
        [count](base::Error error) {
            return std::vector<Result<void>>(count, fail(std::move(error)));
        });
}

Task<Result<Groups::Committed>> Groups::committed(
    std::string group_id, std::optional<std::vector<coordinator::TopicPartitionName>> wanted) {
    std::string group = group_id;
    return at_coordinator<Result<Committed>>(
        shards_, std::move(group),
        [group_id = std::move(group_id), wanted = std::move(wanted)](GroupCoordinator& c) {
            return io::ready(c.committed(group_id, wanted));
        },
        kRefuse);
}

Task<Result<std::vector<Result<void>>>> Groups::delete_offsets(
    std::string group_id, std::vector<coordinator::TopicPartitionName> partitions) {
    std::string group = group_id;
    return at_coordinator<Result<std::vector<Result<void>>>>(
        shards_, std::move(group),
        [group_id = std::move(group_id),
         partitions = std::move(partitions)](GroupCoordinator& c) mutable {
            return c.delete_offsets(std::move(group_id), std::move(partitions));
        },
        kRefuse);
}

Task<Result<coordinator::GroupDescription>> Groups::describe(std::string group_id) {
    std::string group = group_id;
    return at_coordinator<Result<coordinator::GroupDescription>>(
        shards_, std::move(group),
        [group_id = std::move(group_id)](GroupCoordinator& c) {
            return io::ready(c.describe(group_id));
        },
        kRefuse);
}

Task<Result<void>> Groups::delete_group(std::string group_id) {
    std::string group = group_id;
    return at_coordinator<Result<void>>(
        shards_, std::move(group),
        [group_id = std::move(group_id)](GroupCoordinator& c) mutable {
            return c.delete_group(std::move(group_id));
        },
        kRefuse);
}

Task<Result<std::vector<coordinator::GroupListing>>> Groups::list() {
    auto gathered = co_await shards_.on_all(&ShardBroker::list_groups);
    std::vector<coordinator::GroupListing> groups;
    for (auto& some : gathered) {
        if (!some) co_return fail(std::move(some).error());
        groups.insert(groups.end(), std::make_move_iterator(some->begin()),
                      std::make_move_iterator(some->end()));
    }
    std::ranges::sort(groups, {}, &coordinator::GroupListing::group_id);
    co_return groups;
}

}  // namespace polylog::broker

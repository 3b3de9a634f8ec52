#include <algorithm>

#include "base/logging.h"
#include "coordinator/classic_group.h"
#include "coordinator/consumer_protocol.h"
#include "coordinator/group_coordinator.h"
#include "coordinator/group_records.h"
#include "io/signal.h"

// Committed offsets: kept, read, deleted and expired.
namespace polylog::coordinator {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

const base::Logger kLogger("groups");

// The state is rewritten in batches of about this size.
constexpr size_t kBatchBytes = size_t{256} << 10;

model::RecordInput to_record(const base::Slice& key, const base::Slice& value,
                             int64_t timestamp_ms) {
    return {.timestamp_ms = timestamp_ms, .key = key.bytes(), .value = value.bytes()};
}

}  // namespace

Task<std::vector<Result<void>>> GroupCoordinator::commit(MemberIdentity member,
                                                         std::vector<OffsetCommit> commits) {
    std::vector<Result<void>> results(commits.size());
    const auto group = check_commit(member);
    if (!group) {
        results.assign(commits.size(), fail(group.error()));
        co_return results;
    }
    model::BatchBuilder builder;
    for (size_t i = 0; i < commits.size(); ++i) {
        CommittedOffset& committed = commits[i].committed;
        if (committed.metadata.size() > config_.offset_metadata_bytes_max) {
            results[i] = fail(ErrorCode::metadata_too_large);
            continue;
        }
        committed.commit_timestamp_ms = now_ms();
        const base::Slice key = encode_key(
            OffsetKey{.group_id = member.group_id, .partition = commits[i].partition});
        builder.add(to_record(key, encode_value(committed), committed.commit_timestamp_ms));
    }
    if (builder.record_count() == 0) co_return results;
    const auto stored = co_await journal_->append(builder.build());
    ClassicGroup* still = stored ? &find_or_make(member.group_id) : nullptr;
    for (size_t i = 0; i < commits.size(); ++i) {
        if (!results[i]) continue;
        if (!still) {
            results[i] = fail(stored.error());
        } else {
            still->offsets().insert_or_assign(commits[i].partition,
                                              std::move(commits[i].committed));
        }
    }
    if (still && !rewriting_ && journal_->wants_rewrite(live_bytes()))
        scope_.spawn(rewrite_if_grown());
    co_return results;
}

// Who may commit: a member of the current generation, or anybody while the group has no members.
Result<ClassicGroup*> GroupCoordinator::check_commit(const MemberIdentity& member) {
    TRY_VOID(available());
    if (member.group_id.empty()) return fail(ErrorCode::invalid_name);
    ClassicGroup* group = find(member.group_id);
    if (!group) {
        if (member.generation >= 0) return fail(ErrorCode::illegal_generation);
        return &find_or_make(member.group_id);
    }
    const bool anonymous = member.generation < 0 && member.member_id.empty() && !member.instance_id;
    if (anonymous && group->members().empty()) return group;
    TRY(Member * found,
        find_member(*group, member.member_id, member.instance_id, member.generation));
    if (member.generation < 0) return fail(ErrorCode::illegal_generation);
    if (group->state() == GroupState::completing_rebalance)
        return fail(ErrorCode::rebalance_in_progress);
    restart_session(*group, *found);
    return group;
}

Result<std::map<TopicPartitionName, CommittedOffset>> GroupCoordinator::committed(
    const std::string& group_id,
    const std::optional<std::vector<TopicPartitionName>>& wanted) const {
    TRY_VOID(available());
    std::map<TopicPartitionName, CommittedOffset> result;
    const ClassicGroup* group = find(group_id);
    if (!group) return result;
    if (!wanted) return group->offsets();
    for (const TopicPartitionName& partition : *wanted) {
        const auto found = group->offsets().find(partition);
        if (found != group->offsets().end()) result.insert(*found);
    }
    return result;
}

Task<Result<std::vector<Result<void>>>> GroupCoordinator::delete_offsets(
    std::string group_id, std::vector<TopicPartitionName> partitions) {
    CO_TRY_VOID(available());
    const ClassicGroup* group = find(group_id);
    if (!group) co_return fail(ErrorCode::unknown_group);
    const auto subscribed = group->subscribed();
    if (!subscribed) co_return fail(ErrorCode::non_empty_group);
    std::vector<Result<void>> results(partitions.size());
    std::vector<TopicPartitionName> deleted;
    for (size_t i = 0; i < partitions.size(); ++i) {
        if (subscribed->contains(partitions[i].topic)) {
            results[i] = fail(ErrorCode::group_subscribed_to_topic);
        } else if (group->offsets().contains(partitions[i])) {
            deleted.push_back(partitions[i]);
        }
    }
    CO_TRY_VOID(co_await forget(std::move(group_id), std::move(deleted), false));
    co_return results;
}

Task<Result<void>> GroupCoordinator::forget_topics(std::vector<std::string> topics) {
    CO_TRY_VOID(available());
    std::map<std::string, std::vector<TopicPartitionName>> forgotten;
    for (const auto& [id, group] : groups_) {
        for (const auto& [partition, committed] : group->offsets()) {
            if (std::ranges::count(topics, partition.topic) > 0) forgotten[id].push_back(partition);
        }
    }
    for (auto& [id, partitions] : forgotten) {
        std::string group_id = id;
        CO_TRY_VOID(co_await forget(std::move(group_id), std::move(partitions), false));
    }
    co_return {};
}

// Tombstones for offsets, and for the group itself; applied once they are durable.
Task<Result<void>> GroupCoordinator::forget(std::string group_id,
                                            std::vector<TopicPartitionName> partitions,
                                            bool whole_group) {
    model::BatchBuilder builder;
    for (const TopicPartitionName& partition : partitions) {
        const base::Slice key = encode_key(OffsetKey{.group_id = group_id, .partition = partition});
        builder.add({.timestamp_ms = now_ms(), .key = key.bytes(), .value = {}});
    }
    if (whole_group) {
        const base::Slice key = encode_key(GroupKey{.group_id = group_id});
        builder.add({.timestamp_ms = now_ms(), .key = key.bytes(), .value = {}});
    }
    if (builder.record_count() == 0) co_return {};
    CO_TRY_VOID(co_await journal_->append(builder.build()));
    ClassicGroup* group = find(group_id);
    if (!group) co_return {};
    for (const TopicPartitionName& partition : partitions) group->offsets().erase(partition);
    if (whole_group && group->members().empty()) groups_.erase(group_id);
    co_return {};
}

uint64_t GroupCoordinator::live_bytes() const {
    // An estimate is enough: what the fixed parts of the records and their keys come to.
    constexpr uint64_t kPerOffset = 96;
    constexpr uint64_t kPerMember = 512;
    uint64_t bytes = 0;
    for (const auto& [id, group] : groups_) {
        bytes += group->offsets().size() * kPerOffset + (group->members().size() + 1) * kPerMember;
    }
    return bytes;
}

Task<void> GroupCoordinator::rewrite_if_grown() {
    rewriting_ = true;
    const auto rewritten = co_await journal_->rewrite([this] { return capture(); });
    rewriting_ = false;
    if (!rewritten) {
        kLogger.warn("groups_not_rewritten", "the offsets log could not be shortened",
                     {{"err", rewritten.error()}});
    }
}

std::vector<base::Buffer> GroupCoordinator::capture() const {
    std::vector<base::Buffer> batches;
    model::BatchBuilder builder;
    const auto add = [&](const base::Slice& key, const base::Slice& value) {
        builder.add(to_record(key, value, now_ms()));
        if (builder.size_bytes() >= kBatchBytes) batches.push_back(builder.build());
    };
    for (const auto& [id, group] : groups_) {
        if (group->generation() > 0)
            add(encode_key(GroupKey{.group_id = id}), encode_value(group->stored()));
        for (const auto& [partition, committed] : group->offsets()) {
            add(encode_key(OffsetKey{.group_id = id, .partition = partition}),
                encode_value(committed));
        }
    }
    if (builder.record_count() > 0) batches.push_back(builder.build());
    return batches;
}

Task<void> GroupCoordinator::expire_loop() {
    for (;;) {
        co_await io::sleep_for(config_.expiry_interval);
        std::vector<std::string> ids;
        for (const auto& [id, group] : groups_) ids.push_back(id);
        for (std::string& id : ids) co_await expire_group(std::move(id));
    }
}

Task<void> GroupCoordinator::expire_group(std::string group_id) {
    ClassicGroup* group = find(group_id);
    if (!group) co_return;
    std::vector<TopicPartitionName> expired = expired_offsets(*group, now_ms());
    const bool idle = group->members().empty() && group->pending().empty() &&
                      group->state() == GroupState::empty;
    const bool whole_group = idle && expired.size() == group->offsets().size();
    const size_t count = expired.size();
    if (count == 0 && !whole_group) co_return;
    const auto forgotten = co_await forget(group_id, std::move(expired), whole_group);
    if (!forgotten) {
        kLogger.warn("offsets_not_expired", "expired offsets remain",
                     {{"group", group_id}, {"err", forgotten.error()}});
    } else if (count > 0) {
        kLogger.info("offsets_expired", "offsets expired", {{"group", group_id}, {"count", count}});
    }
}

// KIP-211: an empty group's offsets live on for the retention after it became empty; those of
// topics that a living consumer group no longer reads, and of groups that only ever committed,
// after they were committed.
std::vector<TopicPartitionName> GroupCoordinator::expired_offsets(const ClassicGroup& group,
                                                                  int64_t now_ms) const {
    const int64_t retention_ms = base::to_ms(config_.offsets_retention);
    const bool simple = group.protocol_type().empty();
    const auto subscribed = group.subscribed();
    std::vector<TopicPartitionName> expired;
    for (const auto& [partition, committed] : group.offsets()) {
        int64_t idle_since_ms = committed.commit_timestamp_ms;
        if (!simple && group.state() == GroupState::empty) {
            idle_since_ms = std::max(idle_since_ms, group.state_since_ms());
        } else if (!simple && !(subscribed && !subscribed->contains(partition.topic))) {
            continue;
        }
        if (now_ms - idle_since_ms >= retention_ms) expired.push_back(partition);
    }
    return expired;
}

}  // namespace polylog::coordinator

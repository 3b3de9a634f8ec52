#include "coordinator/group_offsets.h"

#include <algorithm>
#include <set>

#include "base/logging.h"
#include "coordinator/consumer_protocol.h"
#include "coordinator/group_records.h"
#include "io/run_to_end.h"
#include "io/signal.h"

namespace polylog::coordinator {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

const base::Logger kLogger("groups");

// The longest text that a record takes.
constexpr size_t kTextMax = INT16_MAX;

model::RecordInput to_record(const base::Slice& key, const base::Slice& value,
                             int64_t timestamp_ms) {
    return {.timestamp_ms = timestamp_ms, .key = key.bytes(), .value = value.bytes()};
}

}  // namespace

void GroupOffsets::start() {
    scope_.spawn(expire_loop());
}

void GroupOffsets::close() {
    scope_.destroy_all();
}

Task<std::vector<Result<void>>> GroupOffsets::commit(MemberIdentity member,
                                                     std::vector<OffsetCommit> commits,
                                                     std::optional<base::Duration> retention) {
    std::vector<Result<void>> results(commits.size());
    const auto group = check_commit(member);
    if (!group) {
        results.assign(commits.size(), fail(group.error()));
        co_return results;
    }
    const int64_t time_ms = table_.now_ms();
    for (size_t i = 0; i < commits.size(); ++i) {
        CommittedOffset& committed = commits[i].committed;
        if (committed.metadata.size() >
            std::min(table_.config().offset_metadata_bytes_max, kTextMax)) {
            results[i] = fail(ErrorCode::metadata_too_large);
            continue;
        }
        committed.commit_timestamp_ms = time_ms;
        if (retention) committed.expire_timestamp_ms = time_ms + base::to_ms(*retention);
        ++(*group)->offsets.under_way[commits[i].partition];
    }
    std::vector<Result<void>> if_closed(commits.size(), fail(ErrorCode::not_coordinator));
    co_return co_await io::run_to_end(scope_,
                                      store_commits(std::move(member.group_id), std::move(commits),
                                                    std::move(results)),
                                      std::move(if_closed));
}

// Stores the commits that have no error yet, then counts them as made.
Task<std::vector<Result<void>>> GroupOffsets::store_commits(std::string group_id,
                                                            std::vector<OffsetCommit> commits,
                                                            std::vector<Result<void>> results) {
    model::BatchBuilder builder;
    for (size_t i = 0; i < commits.size(); ++i) {
        if (!results[i]) continue;
        const CommittedOffset& committed = commits[i].committed;
        const base::Slice key = encode_key(
            OffsetKey{.group_id = group_id, .partition = commits[i].partition});
        builder.add(to_record(key, encode_value(committed), committed.commit_timestamp_ms));
    }
    if (builder.record_count() == 0) co_return results;
    const auto stored = co_await table_.append(builder.build());
    // Not gone: groups that commit are not forgotten.
    ClassicGroup& group = *table_.find(group_id);
    for (size_t i = 0; i < commits.size(); ++i) {
        if (!results[i]) continue;
        const auto counted = group.offsets.under_way.find(commits[i].partition);
        if (--counted->second == 0) group.offsets.under_way.erase(counted);
        if (stored) {
            group.offsets.committed.insert_or_assign(commits[i].partition,
                                                     std::move(commits[i].committed));
        } else {
            results[i] = fail(stored.error());
        }
    }
    co_return results;
}

// The group to commit for, if this member may; made if need be.
Result<ClassicGroup*> GroupOffsets::check_commit(const MemberIdentity& member) {
    TRY_VOID(table_.available());
    ClassicGroup* group = table_.find(member.group_id);
    if (!group) {
        if (member.generation >= 0) return fail(ErrorCode::unknown_group);
        return table_.find_or_create(member.group_id);
    }
    TRY_VOID(membership_.check_commit(*group, member));
    return group;
}

Result<std::map<TopicPartitionName, CommittedOffset>> GroupOffsets::committed(
    const std::string& group_id,
    const std::optional<std::vector<TopicPartitionName>>& wanted) const {
    TRY_VOID(table_.available());
    std::map<TopicPartitionName, CommittedOffset> result;
    const ClassicGroup* group = table_.find(group_id);
    if (!group) return result;
    if (!wanted) return group->offsets.committed;
    for (const TopicPartitionName& partition : *wanted) {
        const auto found = group->offsets.committed.find(partition);
        if (found != group->offsets.committed.end()) result.insert(*found);
    }
    return result;
}

Task<Result<void>> GroupOffsets::delete_group(std::string group_id) {
    CO_TRY_VOID(table_.available());
    const ClassicGroup* group = table_.find(group_id);
    if (!group) co_return fail(ErrorCode::unknown_group);
    if (group->state() != GroupState::empty) co_return fail(ErrorCode::non_empty_group);
    std::vector<TopicPartitionName> partitions;
    for (const auto& [partition, committed] : group->offsets.committed)
        partitions.push_back(partition);
    for (const auto& [partition, count] : group->offsets.under_way) {
        if (!group->offsets.committed.contains(partition)) partitions.push_back(partition);
    }
    co_return co_await forget(std::move(group_id), std::move(partitions), true);
}

Task<Result<std::vector<Result<void>>>> GroupOffsets::delete_offsets(
    std::string group_id, std::vector<TopicPartitionName> partitions) {
    CO_TRY_VOID(table_.available());
    if (group_id.empty()) co_return fail(ErrorCode::invalid_name);
    const ClassicGroup* group = table_.find(group_id);
    if (!group) co_return fail(ErrorCode::unknown_group);
    if (group->state() != GroupState::empty && group->protocol_type() != kConsumerProtocolType)
        co_return fail(ErrorCode::non_empty_group);
    std::vector<Result<void>> results(partitions.size());
    std::vector<TopicPartitionName> deleted;
    for (size_t i = 0; i < partitions.size(); ++i) {
        if (group->subscriptions().may_include(partitions[i].topic)) {
            results[i] = fail(ErrorCode::group_subscribed_to_topic);
        } else if (group->offsets.committed.contains(partitions[i]) ||
                   group->offsets.under_way.contains(partitions[i])) {
            deleted.push_back(partitions[i]);
        }
    }
    CO_TRY_VOID(co_await forget(std::move(group_id), std::move(deleted), false));
    co_return results;
}

Task<Result<void>> GroupOffsets::forget_topics(std::vector<std::string> topics) {
    CO_TRY_VOID(table_.available());
    std::map<std::string, std::set<TopicPartitionName>> forgotten;
    const auto note = [&](const std::string& id, const auto& partitions) {
        for (const auto& [partition, value] : partitions) {
            if (std::ranges::count(topics, partition.topic) > 0) forgotten[id].insert(partition);
        }
    };
    for (const auto& [id, group] : table_.all()) {
        note(id, group->offsets.committed);
        note(id, group->offsets.under_way);
    }
    for (auto& [id, partitions] : forgotten) {
        std::string group_id = id;
        std::vector<TopicPartitionName> all(partitions.begin(), partitions.end());
        CO_TRY_VOID(co_await forget(std::move(group_id), std::move(all), false));
    }
    co_return {};
}

Task<Result<void>> GroupOffsets::forget(std::string group_id,
                                        std::vector<TopicPartitionName> partitions,
                                        bool whole_group) {
    return io::run_to_end(scope_,
                          store_tombstones(std::move(group_id), std::move(partitions), whole_group),
                          Result<void>(fail(ErrorCode::not_coordinator)));
}

// Tombstones for offsets, and for the group itself; applied once they are durable.
Task<Result<void>> GroupOffsets::store_tombstones(std::string group_id,
                                                  std::vector<TopicPartitionName> partitions,
                                                  bool whole_group) {
    model::BatchBuilder builder;
    const int64_t time_ms = table_.now_ms();
    for (const TopicPartitionName& partition : partitions) {
        const base::Slice key = encode_key(OffsetKey{.group_id = group_id, .partition = partition});
        builder.add({.timestamp_ms = time_ms, .key = key.bytes(), .value = {}});
    }
    if (whole_group) {
        const base::Slice key = encode_key(GroupKey{.group_id = group_id});
        builder.add({.timestamp_ms = time_ms, .key = key.bytes(), .value = {}});
    }
    if (builder.record_count() == 0) co_return {};
    CO_TRY_VOID(co_await table_.append(builder.build()));
    ClassicGroup* group = table_.find(group_id);
    if (!group) co_return {};
    for (const TopicPartitionName& partition : partitions)
        group->offsets.committed.erase(partition);
    if (!whole_group) co_return {};
    group->in_log = std::nullopt;
    // Somebody may have come while this was stored: then the group goes on, as a new one would.
    const bool alone = group->state() == GroupState::empty && group->offsets.none();
    if (alone) table_.erase(group_id);
    co_return {};
}

Task<void> GroupOffsets::expire_loop() {
    for (;;) {
        co_await io::sleep_for(table_.config().expiry_interval);
        std::vector<std::string> ids;
        for (const auto& [id, group] : table_.all()) ids.push_back(id);
        for (std::string& id : ids) co_await expire_group(std::move(id));
    }
}

Task<void> GroupOffsets::expire_group(std::string group_id) {
    ClassicGroup* group = table_.find(group_id);
    if (!group) co_return;
    std::vector<TopicPartitionName> expired = expired_offsets(*group, table_.now_ms());
    const bool idle = group->state() == GroupState::empty && group->rebalance.promised.empty() &&
                      group->offsets.under_way.empty();
    const bool whole_group = idle && expired.size() == group->offsets.committed.size();
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

// KIP-211: an empty group's offsets live on for the retention after it became empty, or after they
// were committed if that is later; those of topics that a stable consumer group no longer reads,
// and of groups that only ever committed, after they were committed.
std::vector<TopicPartitionName> GroupOffsets::expired_offsets(const ClassicGroup& group,
                                                              int64_t now_ms) const {
    const bool simple = group.protocol_type().empty();
    const bool empty = group.state() == GroupState::empty;
    std::vector<TopicPartitionName> expired;
    if (!empty && !(group.state() == GroupState::stable && group.subscriptions().known()))
        return expired;
    for (const auto& [partition, committed] : group.offsets.committed) {
        if (group.subscriptions().may_include(partition.topic) ||
            group.offsets.under_way.contains(partition))
            continue;
        int64_t since_ms = committed.commit_timestamp_ms;
        if (empty && !simple) since_ms = std::max(since_ms, group.state_since_ms());
        const bool over = committed.expire_timestamp_ms >= 0
                              ? now_ms >= committed.expire_timestamp_ms
                              : now_ms - since_ms >= base::to_ms(table_.config().offsets_retention);
        if (over) expired.push_back(partition);
    }
    return expired;
}

}  // namespace polylog::coordinator

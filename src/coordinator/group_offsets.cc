#include <algorithm>
#include <set>

#include "base/logging.h"
#include "coordinator/classic_group.h"
#include "coordinator/consumer_protocol.h"
#include "coordinator/group_coordinator.h"
#include "coordinator/group_records.h"
#include "io/run_to_end.h"
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

// How often the size of the log is compared with that of what is in it, which costs a walk through
// all groups.
constexpr uint32_t kAppendsPerLook = 256;

// The longest text that a record takes.
constexpr size_t kTextMax = INT16_MAX;

// What a record costs beside its strings: its own framing, key and fixed fields.
constexpr uint64_t kRecordBytes = 64;

uint64_t stored_bytes(const StoredGroup& group) {
    uint64_t bytes = kRecordBytes + group.protocol_type.size();
    for (const StoredMember& member : group.members) {
        bytes += kRecordBytes + member.member_id.size() + member.client_id.size() +
                 member.client_host.size() + member.subscription.size() + member.assignment.size();
    }
    return bytes;
}

model::RecordInput to_record(const base::Slice& key, const base::Slice& value,
                             int64_t timestamp_ms) {
    return {.timestamp_ms = timestamp_ms, .key = key.bytes(), .value = value.bytes()};
}

}  // namespace

Task<std::vector<Result<void>>> GroupCoordinator::commit(MemberIdentity member,
                                                         std::vector<OffsetCommit> commits,
                                                         std::optional<base::Duration> retention) {
    std::vector<Result<void>> results(commits.size());
    const auto group = check_commit(member);
    if (!group) {
        results.assign(commits.size(), fail(group.error()));
        co_return results;
    }
    const int64_t time_ms = now_ms();
    for (size_t i = 0; i < commits.size(); ++i) {
        CommittedOffset& committed = commits[i].committed;
        if (committed.metadata.size() > std::min(config_.offset_metadata_bytes_max, kTextMax)) {
            results[i] = fail(ErrorCode::metadata_too_large);
            continue;
        }
        committed.commit_timestamp_ms = time_ms;
        if (retention) committed.expire_timestamp_ms = time_ms + base::to_ms(*retention);
        ++(*group)->committing()[commits[i].partition];
    }
    std::vector<Result<void>> if_closed(commits.size(), fail(ErrorCode::not_coordinator));
    co_return co_await io::run_to_end(scope_,
                                      store_commits(std::move(member.group_id), std::move(commits),
                                                    std::move(results)),
                                      std::move(if_closed));
}

// Stores the commits that have no error yet, then counts them as made.
Task<std::vector<Result<void>>> GroupCoordinator::store_commits(std::string group_id,
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
    const auto stored = co_await append(builder.build());
    // Not gone: groups that commit are not forgotten.
    ClassicGroup& group = *find(group_id);
    for (size_t i = 0; i < commits.size(); ++i) {
        if (!results[i]) continue;
        const auto counted = group.committing().find(commits[i].partition);
        if (--counted->second == 0) group.committing().erase(counted);
        if (stored) {
            group.offsets().insert_or_assign(commits[i].partition, std::move(commits[i].committed));
        } else {
            results[i] = fail(stored.error());
        }
    }
    co_return results;
}

// Who may commit: a member of the current generation, or anybody while the group is empty.
Result<ClassicGroup*> GroupCoordinator::check_commit(const MemberIdentity& member) {
    TRY_VOID(available());
    ClassicGroup* group = find(member.group_id);
    if (!group) {
        if (member.generation >= 0) return fail(ErrorCode::unknown_group);
        return find_or_create(member.group_id);
    }
    if (member.generation < 0 && group->state() == GroupState::empty) return group;
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
    if (group_id.empty()) co_return fail(ErrorCode::invalid_name);
    const ClassicGroup* group = find(group_id);
    if (!group) co_return fail(ErrorCode::unknown_group);
    if (group->state() != GroupState::empty && group->protocol_type() != kConsumerProtocolType)
        co_return fail(ErrorCode::non_empty_group);
    std::vector<Result<void>> results(partitions.size());
    std::vector<TopicPartitionName> deleted;
    for (size_t i = 0; i < partitions.size(); ++i) {
        if (group->may_read(partitions[i].topic)) {
            results[i] = fail(ErrorCode::group_subscribed_to_topic);
        } else if (group->offsets().contains(partitions[i]) ||
                   group->committing().contains(partitions[i])) {
            deleted.push_back(partitions[i]);
        }
    }
    CO_TRY_VOID(co_await forget(std::move(group_id), std::move(deleted), false));
    co_return results;
}

Task<Result<void>> GroupCoordinator::forget_topics(std::vector<std::string> topics) {
    CO_TRY_VOID(available());
    std::map<std::string, std::set<TopicPartitionName>> forgotten;
    const auto note = [&](const std::string& id, const auto& partitions) {
        for (const auto& [partition, value] : partitions) {
            if (std::ranges::count(topics, partition.topic) > 0) forgotten[id].insert(partition);
        }
    };
    for (const auto& [id, group] : groups_) {
        note(id, group->offsets());
        note(id, group->committing());
    }
    for (auto& [id, partitions] : forgotten) {
        std::string group_id = id;
        std::vector<TopicPartitionName> all(partitions.begin(), partitions.end());
        CO_TRY_VOID(co_await forget(std::move(group_id), std::move(all), false));
    }
    co_return {};
}

Task<Result<void>> GroupCoordinator::forget(std::string group_id,
                                            std::vector<TopicPartitionName> partitions,
                                            bool whole_group) {
    return io::run_to_end(scope_,
                          store_tombstones(std::move(group_id), std::move(partitions), whole_group),
                          Result<void>(fail(ErrorCode::not_coordinator)));
}

// Tombstones for offsets, and for the group itself; applied once they are durable.
Task<Result<void>> GroupCoordinator::store_tombstones(std::string group_id,
                                                      std::vector<TopicPartitionName> partitions,
                                                      bool whole_group) {
    model::BatchBuilder builder;
    const int64_t time_ms = now_ms();
    for (const TopicPartitionName& partition : partitions) {
        const base::Slice key = encode_key(OffsetKey{.group_id = group_id, .partition = partition});
        builder.add({.timestamp_ms = time_ms, .key = key.bytes(), .value = {}});
    }
    if (whole_group) {
        const base::Slice key = encode_key(GroupKey{.group_id = group_id});
        builder.add({.timestamp_ms = time_ms, .key = key.bytes(), .value = {}});
    }
    if (builder.record_count() == 0) co_return {};
    CO_TRY_VOID(co_await append(builder.build()));
    ClassicGroup* group = find(group_id);
    if (!group) co_return {};
    for (const TopicPartitionName& partition : partitions) group->offsets().erase(partition);
    if (!whole_group) co_return {};
    group->set_in_log(std::nullopt);
    // Somebody may have come while this was stored: then the group goes on, as a new one would.
    const bool alone = group->state() == GroupState::empty && group->committing().empty() &&
                       group->offsets().empty();
    if (alone) groups_.erase(group_id);
    co_return {};
}

// About what a rewritten log would hold.
uint64_t GroupCoordinator::live_bytes() const {
    uint64_t bytes = 0;
    for (const auto& [id, group] : groups_) {
        if (group->in_log()) bytes += id.size() + stored_bytes(*group->in_log());
        for (const auto& [partition, committed] : group->offsets()) {
            bytes += kRecordBytes + id.size() + partition.topic.size() + committed.metadata.size();
        }
    }
    return bytes;
}

void GroupCoordinator::rewrite_if_grown() {
    if (rewriting_ || ++appends_ < kAppendsPerLook) return;
    appends_ = 0;
    if (journal_->wants_rewrite(live_bytes())) scope_.spawn(rewrite());
}

Task<void> GroupCoordinator::rewrite() {
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
        // What the log says, not what is about to be: a generation counts from its assignment on.
        if (group->in_log())
            add(encode_key(GroupKey{.group_id = id}), encode_value(*group->in_log()));
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
    const bool idle = group->state() == GroupState::empty && group->pending().empty() &&
                      group->committing().empty();
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

// KIP-211: an empty group's offsets live on for the retention after it became empty, or after they
// were committed if that is later; those of topics that a stable consumer group no longer reads,
// and of groups that only ever committed, after they were committed.
std::vector<TopicPartitionName> GroupCoordinator::expired_offsets(const ClassicGroup& group,
                                                                  int64_t now_ms) const {
    const bool simple = group.protocol_type().empty();
    const bool empty = group.state() == GroupState::empty;
    std::vector<TopicPartitionName> expired;
    if (!empty && !(group.state() == GroupState::stable && group.knows_topics())) return expired;
    for (const auto& [partition, committed] : group.offsets()) {
        if (group.may_read(partition.topic) || group.committing().contains(partition)) continue;
        int64_t since_ms = committed.commit_timestamp_ms;
        if (empty && !simple) since_ms = std::max(since_ms, group.state_since_ms());
        const bool over = committed.expire_timestamp_ms >= 0
                              ? now_ms >= committed.expire_timestamp_ms
                              : now_ms - since_ms >= base::to_ms(config_.offsets_retention);
        if (over) expired.push_back(partition);
    }
    return expired;
}

}  // namespace polylog::coordinator

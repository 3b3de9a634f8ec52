#include "coordinator/group_coordinator.h"

#include <fmt/core.h>

#include "base/logging.h"
#include "coordinator/classic_group.h"
#include "coordinator/group_errors.h"
#include "coordinator/group_records.h"
#include "model/topic_name.h"

namespace polylog::coordinator {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

const base::Logger kLogger("groups");

}  // namespace

GroupCoordinator::GroupCoordinator(io::Shard& shard, std::unique_ptr<replication::Journal> journal,
                                   GroupConfig config)
    : shard_(shard), journal_(std::move(journal)), config_(config) {}

GroupCoordinator::~GroupCoordinator() {
    close();
}

Task<Result<void>> GroupCoordinator::load() {
    groups_.clear();  // what an attempt before has read
    const auto replayed = co_await journal_->replay(
        [this](const model::RecordView& record) { return apply(record); });
    if (!replayed) {
        load_failure_ = replayed.error().message();
        co_return replayed;
    }
    for (const auto& [id, group] : groups_) {
        for (const auto& [member_id, member] : group->members()) restart_session(*group, *member);
        // The bound may have become smaller: members get the chance to commit before they go.
        if (group->members().size() > config_.group_size_max) prepare_rebalance(*group);
    }
    loaded_ = true;
    scope_.spawn(expire_loop());
    co_return {};
}

Result<void> GroupCoordinator::apply(const model::RecordView& record) {
    if (!record.key) return {};
    TRY(const RecordKey key, decode_key(*record.key));
    if (const auto* offset = std::get_if<OffsetKey>(&key)) {
        ClassicGroup& group = find_or_make(offset->group_id);
        if (!record.value) {
            group.offsets().erase(offset->partition);
            if (group.offsets().empty() && !group.in_log()) groups_.erase(offset->group_id);
            return {};
        }
        TRY(CommittedOffset committed, decode_offset(*record.value));
        group.offsets().insert_or_assign(offset->partition, std::move(committed));
    } else if (const auto* group_key = std::get_if<GroupKey>(&key)) {
        ClassicGroup& group = find_or_make(group_key->group_id);
        if (!record.value) {
            group.restore({}, record.timestamp_ms);
            group.set_in_log(std::nullopt);
            if (group.offsets().empty()) groups_.erase(group_key->group_id);
            return {};
        }
        TRY(StoredGroup stored, decode_group(*record.value));
        group.restore(stored, record.timestamp_ms);
        group.set_in_log(std::move(stored));
    }
    return {};
}

void GroupCoordinator::close() {
    if (std::exchange(closed_, true)) return;
    scope_.destroy_all();
    for (const auto& [id, group] : groups_) refuse_all(*group, ErrorCode::not_coordinator);
}

void GroupCoordinator::refuse_all(ClassicGroup& group, ErrorCode reason) {
    group.gathering.disarm();
    group.assigning.disarm();
    group.pending().clear();
    for (const auto& [id, member] : group.members()) {
        member->session.disarm();
        if (member->joining) {
            std::exchange(member->joining, nullptr)
                ->complete({.joined = fail(reason), .member_id = id});
        }
        if (member->syncing) std::exchange(member->syncing, nullptr)->complete(fail(reason));
    }
}

Result<void> GroupCoordinator::available() const {
    if (closed_) return fail(ErrorCode::not_coordinator);
    if (loaded_) return {};
    if (load_failure_) return fail(ErrorCode::coordinator_not_available, *load_failure_);
    return fail(ErrorCode::coordinator_loading);
}

ClassicGroup* GroupCoordinator::find(const std::string& group_id) {
    const auto found = groups_.find(group_id);
    return found == groups_.end() ? nullptr : found->second.get();
}

const ClassicGroup* GroupCoordinator::find(const std::string& group_id) const {
    const auto found = groups_.find(group_id);
    return found == groups_.end() ? nullptr : found->second.get();
}

ClassicGroup& GroupCoordinator::find_or_make(const std::string& group_id) {
    auto& group = groups_[group_id];
    if (!group) {
        group = std::make_unique<ClassicGroup>(group_id);
        group->set_state(GroupState::empty, now_ms());
    }
    return *group;
}

Result<ClassicGroup*> GroupCoordinator::find_or_create(const std::string& group_id) {
    if (ClassicGroup* group = find(group_id)) return group;
    // Simple consumers may commit for a group without a name.
    if (!group_id.empty()) {
        TRY_VOID(model::check_group_id(group_id));
    }
    if (groups_.size() >= config_.groups_max) {
        return fail(ErrorCode::policy_violation,
                    fmt::format("this coordinator has {} groups, the most it may have",
                                groups_.size()));
    }
    return &find_or_make(group_id);
}

// Makes what a group is to be durable; the group itself is the caller's to change.
Task<Result<void>> GroupCoordinator::store(std::string group_id, StoredGroup stored) {
    const base::Slice key = encode_key(GroupKey{.group_id = group_id});
    const base::Slice value = encode_value(stored);
    model::BatchBuilder builder;
    builder.add({.timestamp_ms = now_ms(), .key = key.bytes(), .value = value.bytes()});
    CO_TRY_VOID(co_await append(builder.build()));
    if (ClassicGroup* group = find(group_id)) group->set_in_log(std::move(stored));
    co_return {};
}

Task<Result<void>> GroupCoordinator::append(base::Buffer batch) {
    const auto appended = co_await journal_->append(std::move(batch));
    if (!appended) {
        kLogger.error("group_log_failed", "groups cannot be stored", {{"err", appended.error()}});
        co_return fail(to_group_error(appended.error().code()));
    }
    rewrite_if_grown();
    co_return {};
}

Result<GroupDescription> GroupCoordinator::describe(const std::string& group_id) const {
    TRY_VOID(available());
    const ClassicGroup* group = find(group_id);
    if (!group) return fail(ErrorCode::unknown_group);
    return group->describe();
}

Result<std::vector<GroupListing>> GroupCoordinator::list() const {
    TRY_VOID(available());
    std::vector<GroupListing> listing;
    for (const auto& [id, group] : groups_) {
        listing.push_back(
            {.group_id = id, .protocol_type = group->protocol_type(), .state = group->state()});
    }
    return listing;
}

Task<Result<void>> GroupCoordinator::delete_group(std::string group_id) {
    CO_TRY_VOID(available());
    const ClassicGroup* group = find(group_id);
    if (!group) co_return fail(ErrorCode::unknown_group);
    if (group->state() != GroupState::empty) co_return fail(ErrorCode::non_empty_group);
    std::vector<TopicPartitionName> partitions;
    for (const auto& [partition, committed] : group->offsets()) partitions.push_back(partition);
    for (const auto& [partition, count] : group->committing()) {
        if (!group->offsets().contains(partition)) partitions.push_back(partition);
    }
    co_return co_await forget(std::move(group_id), std::move(partitions), true);
}

int64_t GroupCoordinator::now_ms() const {
    return base::to_unix_ms(shard_.env().clock.wall());
}

}  // namespace polylog::coordinator

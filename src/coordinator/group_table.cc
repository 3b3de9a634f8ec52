#include "coordinator/group_table.h"

#include <fmt/core.h>

#include "base/logging.h"
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

// The state is rewritten in batches of about this size.
constexpr size_t kBatchBytes = size_t{256} << 10;

// How often the size of the log is compared with that of what is in it, which costs a walk through
// all groups.
constexpr uint32_t kAppendsPerLook = 256;

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

GroupTable::GroupTable(io::Shard& shard, std::unique_ptr<replication::Journal> journal,
                       GroupConfig config)
    : shard_(shard), journal_(std::move(journal)), config_(config) {}

int64_t GroupTable::now_ms() const {
    return base::to_unix_ms(shard_.env().clock.wall());
}

Task<Result<void>> GroupTable::load() {
    groups_.clear();  // what an attempt before has read
    const auto replayed = co_await journal_->replay(
        [this](const model::RecordView& record) { return apply(record); });
    if (replayed) {
        loaded_ = true;
    } else {
        load_failure_ = replayed.error().message();
    }
    co_return replayed;
}

Result<void> GroupTable::apply(const model::RecordView& record) {
    if (!record.key) return {};
    TRY(const RecordKey key, decode_key(*record.key));
    if (const auto* offset = std::get_if<OffsetKey>(&key)) {
        ClassicGroup& group = find_or_make(offset->group_id);
        if (!record.value) {
            group.offsets.committed.erase(offset->partition);
            if (group.offsets.committed.empty() && !group.in_log) groups_.erase(offset->group_id);
            return {};
        }
        TRY(CommittedOffset committed, decode_offset(*record.value));
        group.offsets.committed.insert_or_assign(offset->partition, std::move(committed));
    } else if (const auto* group_key = std::get_if<GroupKey>(&key)) {
        ClassicGroup& group = find_or_make(group_key->group_id);
        if (!record.value) {
            group.restore({}, record.timestamp_ms);
            group.in_log = std::nullopt;
            if (group.offsets.committed.empty()) groups_.erase(group_key->group_id);
            return {};
        }
        TRY(StoredGroup stored, decode_group(*record.value));
        group.restore(stored, record.timestamp_ms);
        group.in_log = std::move(stored);
    }
    return {};
}

void GroupTable::close() {
    closed_ = true;
    scope_.destroy_all();
}

Result<void> GroupTable::available() const {
    if (closed_) return fail(ErrorCode::not_coordinator);
    if (loaded_) return {};
    if (load_failure_) return fail(ErrorCode::coordinator_not_available, *load_failure_);
    return fail(ErrorCode::coordinator_loading);
}

ClassicGroup* GroupTable::find(const std::string& group_id) const {
    const auto found = groups_.find(group_id);
    return found == groups_.end() ? nullptr : found->second.get();
}

ClassicGroup& GroupTable::find_or_make(const std::string& group_id) {
    auto& group = groups_[group_id];
    if (!group) {
        group = std::make_unique<ClassicGroup>(group_id);
        group->set_state(GroupState::empty, now_ms());
    }
    return *group;
}

Result<ClassicGroup*> GroupTable::find_or_create(const std::string& group_id) {
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

void GroupTable::erase(const std::string& group_id) {
    groups_.erase(group_id);
}

Task<Result<void>> GroupTable::store(std::string group_id, StoredGroup stored) {
    const base::Slice key = encode_key(GroupKey{.group_id = group_id});
    const base::Slice value = encode_value(stored);
    model::BatchBuilder builder;
    builder.add({.timestamp_ms = now_ms(), .key = key.bytes(), .value = value.bytes()});
    CO_TRY_VOID(co_await append(builder.build()));
    if (ClassicGroup* group = find(group_id)) group->in_log = std::move(stored);
    co_return {};
}

Task<Result<void>> GroupTable::append(base::Buffer batch) {
    const auto appended = co_await journal_->append(std::move(batch));
    if (!appended) {
        kLogger.error("group_log_failed", "groups cannot be stored", {{"err", appended.error()}});
        co_return fail(to_group_error(appended.error().code()));
    }
    rewrite_if_grown();
    co_return {};
}

// About what a rewritten log would hold.
uint64_t GroupTable::live_bytes() const {
    uint64_t bytes = 0;
    for (const auto& [id, group] : groups_) {
        if (group->in_log) bytes += id.size() + stored_bytes(*group->in_log);
        for (const auto& [partition, committed] : group->offsets.committed) {
            bytes += kRecordBytes + id.size() + partition.topic.size() + committed.metadata.size();
        }
    }
    return bytes;
}

void GroupTable::rewrite_if_grown() {
    if (rewriting_ || ++appends_ < kAppendsPerLook) return;
    appends_ = 0;
    if (journal_->wants_rewrite(live_bytes())) scope_.spawn(rewrite());
}

Task<void> GroupTable::rewrite() {
    rewriting_ = true;
    const auto rewritten = co_await journal_->rewrite([this] { return capture(); });
    rewriting_ = false;
    if (!rewritten) {
        kLogger.warn("groups_not_rewritten", "the offsets log could not be shortened",
                     {{"err", rewritten.error()}});
    }
}

std::vector<base::Buffer> GroupTable::capture() const {
    std::vector<base::Buffer> batches;
    model::BatchBuilder builder;
    const auto add = [&](const base::Slice& key, const base::Slice& value) {
        builder.add(to_record(key, value, now_ms()));
        if (builder.size_bytes() >= kBatchBytes) batches.push_back(builder.build());
    };
    for (const auto& [id, group] : groups_) {
        // What the log says, not what is about to be: a generation counts from its assignment on.
        if (group->in_log) add(encode_key(GroupKey{.group_id = id}), encode_value(*group->in_log));
        for (const auto& [partition, committed] : group->offsets.committed) {
            add(encode_key(OffsetKey{.group_id = id, .partition = partition}),
                encode_value(committed));
        }
    }
    if (builder.record_count() > 0) batches.push_back(builder.build());
    return batches;
}

}  // namespace polylog::coordinator

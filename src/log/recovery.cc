#include "log/recovery.h"

#include <fmt/core.h>

#include <algorithm>

#include "io/scope.h"
#include "log/checkpoint_file.h"
#include "log/stored_log.h"
#include "log/write_behind.h"

namespace polylog::log {

using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Slice;
using io::Task;
using model::Offset;

namespace {

// Files looked at at the same time.
constexpr int kParallel = 16;

}  // namespace

Task<Result<RecoveryReport>> Recovery::run() {
    CO_TRY_VOID(co_await load_checkpoint());
    const WalReplay durable{.after = checkpoint_.durable, .at_least = checkpoint_.durable};
    CO_TRY_VOID(co_await replay(WalMode::durable, durable));
    const WalReplay buffered{.after = checkpoint_.buffered, .at_least = checkpoint_.buffered};
    CO_TRY_VOID(co_await replay(WalMode::buffered, buffered));
    CO_TRY_VOID(co_await finish());
    report_.clean = checkpoint_.clean_stop && report_.entries_replayed == 0;
    if (!report_.clean) co_await check_all_lengths();
    for (const auto& [id, log] : context_.logs) {
        if (log->state().offline)
            report_.damaged_logs.push_back(std::string(log->state().offline->detail()));
    }
    report_.logs = context_.logs.size();
    co_return std::move(report_);
}

Task<Result<void>> Recovery::load_checkpoint() {
    const std::string directory = storage_directory(context_.options.storage_index);
    CO_TRY(std::optional<Checkpoint> checkpoint,
           co_await read_checkpoint(context_.disk(), directory,
                                    context_.options.data_directory_id));
    if (!checkpoint) co_return {};
    checkpoint_ = checkpoint->header;
    for (LogRecord& record : checkpoint->logs) {
        auto log = std::make_shared<StoredLog>(context_, LogState(std::move(record)));
        Segment& active = *log->state().segments.active();
        active.finished = checkpoint_.clean_stop && active.size_bytes > 0;
        context_.logs.emplace_hint(context_.logs.end(), log->state().id, std::move(log));
    }
    co_return {};
}

Task<Result<void>> Recovery::replay(WalMode mode, WalReplay range) {
    auto apply_entry = [this, mode](WalEntryHeader entry, Slice payload) {
        return apply(mode, entry, std::move(payload));
    };
    CO_TRY(last_[static_cast<size_t>(mode)],
           co_await replay_wal(context_.shard, ring_options(context_.options, mode), range,
                               std::move(apply_entry)));
    co_return {};
}

Task<Result<void>> Recovery::apply(WalMode mode, WalEntryHeader entry, Slice payload) {
    ++report_.entries_replayed;
    if (entry.kind == WalEntryKind::create) {
        create(mode, entry, payload);
        co_return {};
    }
    const auto found = context_.logs.find(entry.log);
    if (found == context_.logs.end()) co_return {};
    LogPointer log = found->second;
    // A batch in the other write-ahead log belongs to an incarnation that has been dropped, or to a
    // change of durability that no checkpoint completed; then it was never acknowledged.
    const bool own = log->state().mode == mode;
    const bool takes_away = entry.kind != WalEntryKind::append;
    if (!own && !(takes_away && mode == WalMode::durable)) co_return {};
    co_await touch(log);
    switch (entry.kind) {
    case WalEntryKind::create: break;
    case WalEntryKind::append: co_return co_await append(log, entry, std::move(payload));
    case WalEntryKind::truncate: co_return co_await truncate(log, entry.offset);
    case WalEntryKind::advance_start:
        if (own) co_return co_await advance_start(log, entry.offset);
        // The batches up to there may be about to come from the other write-ahead log.
        starts_[entry.log] = std::max(starts_[entry.log], entry.offset);
        break;
    case WalEntryKind::drop: co_return co_await drop(log);
    }
    co_return {};
}

void Recovery::create(WalMode mode, const WalEntryHeader& entry, const Slice& payload) {
    if (context_.logs.contains(entry.log)) return;
    auto config = std::make_shared<model::TopicConfig>();
    config->durability = mode == WalMode::durable ? model::Durability::fsync
                                                  : model::Durability::os;
    LogState state(entry.log, std::string(payload.text()), mode, std::move(config));
    context_.logs.emplace(entry.log, std::make_shared<StoredLog>(context_, std::move(state)));
    touched_.insert(entry.log);
}

// The first time something is replayed into a log, its files must be what the checkpoint says.
Task<void> Recovery::touch(LogPointer log) {
    if (touched_.insert(log->state().id).second) co_await check_length(log);
}

Task<Result<void>> Recovery::append(LogPointer log, WalEntryHeader entry, Slice payload) {
    LogState& state = log->state();
    if (entry.offset < state.end) co_return {};  // already there
    if (entry.offset > state.end) {
        // In the `os` log a truncation made safe elsewhere explains a gap; what follows it is the
        // end of it.
        if (state.mode == WalMode::buffered) co_return {};
        const Error gap(ErrorCode::damaged, fmt::format("offsets {} to {} are missing",
                                                        state.end.value, entry.offset.value));
        damaged(*log, gap, Consequence::is_pinned);
        co_return {};
    }
    const auto batch = model::parse_batch(payload.bytes());
    if (!batch || batch->base_offset() != entry.offset || batch->last_offset_delta() < 0) {
        co_return fail(ErrorCode::damaged, fmt::format("the write-ahead log holds no batch for {} "
                                                       "at offset {}",
                                                       log->name(), entry.offset.value));
    }
    report_.bytes_replayed += payload.size();
    const SlabNumber slab = context_.tails.enter(*log, TailCache::Source::replay, payload.buffer());
    state.add(std::move(payload), slab);
    state.commit(state.mode, state.end);
    log->account();
    context_.write_behind->appended(*log);
    co_return co_await context_.write_behind->relieve();
}

Task<Result<void>> Recovery::truncate(LogPointer log, Offset end) {
    const auto turn = co_await log->files_lock().lock();
    if (end >= log->state().end) co_return {};
    const auto where = co_await log->find_cut(end);
    if (!where) {
        damaged(*log, where.error(), Consequence::is_pinned);
        co_return {};
    }
    const auto cut = co_await log->files().cut(log->cut(*where));
    if (!cut) damaged(*log, cut.error(), Consequence::is_pinned);
    co_return {};
}

Task<Result<void>> Recovery::advance_start(LogPointer log, Offset start) {
    const auto turn = co_await log->files_lock().lock();
    auto removed = log->state().advance_start(start);
    log->account();
    // What cannot be deleted now is found as a leftover by tidy().
    const auto done = co_await log->files().remove(std::move(removed));
    if (!done) co_return fail(done.error());
    co_return {};
}

Task<Result<void>> Recovery::drop(LogPointer log) {
    touched_.erase(log->state().id);
    starts_.erase(log->state().id);
    context_.forget(*log);
    const auto turn = co_await log->files_lock().lock();
    co_return co_await log->files().remove_all();
}

Task<Result<void>> Recovery::finish() {
    for (const auto& [id, start] : starts_) {
        const auto found = context_.logs.find(id);
        if (found != context_.logs.end()) {
            CO_TRY_VOID(co_await advance_start(found->second, start));
        }
    }
    for (const model::TopicPartition& id : touched_) {
        const auto found = context_.logs.find(id);
        if (found != context_.logs.end()) co_await tidy(found->second);
    }
    co_return {};
}

Task<void> Recovery::tidy(LogPointer log) {
    if (log->state().offline) co_return;  // damaged: its files stay as they are
    const auto turn = co_await log->files_lock().lock();
    const auto tidied = co_await log->files().tidy();
    if (!tidied) damaged(*log, tidied.error(), Consequence::is_pinned);
}

Task<void> Recovery::check_all_lengths() {
    std::vector<LogPointer> left;
    for (const auto& [id, log] : context_.logs) {
        if (!touched_.contains(id)) left.push_back(log);
    }
    io::TaskScope workers;
    for (int i = 0; i < kParallel; ++i) workers.spawn(check_some_lengths(left));
    co_await workers.join();
}

Task<void> Recovery::check_some_lengths(std::vector<LogPointer>& left) {
    while (!left.empty()) {
        const LogPointer log = std::move(left.back());
        left.pop_back();
        co_await check_length(log);
    }
}

Task<void> Recovery::check_length(LogPointer log) {
    const auto checked = co_await log->files().check_length();
    if (checked) co_return;
    damaged(*log, checked.error(), Consequence::goes_on);
    // Nothing is written into the damaged segment, and it is not cut either.
    log->state().segments.active()->finished = true;
    log->state().segments.roll(log->state().end);
}

void Recovery::damaged(StoredLog& log, const Error& why, Consequence consequence) {
    if (consequence == Consequence::is_pinned) log.flush_failed = true;
    log.take_offline(why);
}

}  // namespace polylog::log

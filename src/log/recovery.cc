#include "log/recovery.h"

#include <fmt/core.h>

#include <algorithm>

#include "io/scope.h"
#include "log/batch_scan.h"
#include "log/checkpoint_file.h"
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
    context_.replaying = true;
    const WalReplay durable{.after = checkpoint_.durable, .at_least = checkpoint_.durable};
    CO_TRY_VOID(co_await replay(WalMode::durable, durable));
    const WalReplay buffered{.after = checkpoint_.buffered, .at_least = checkpoint_.buffered};
    CO_TRY_VOID(co_await replay(WalMode::buffered, buffered));
    context_.tails.end_replay();
    context_.replaying = false;
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
    context_.bound_producers();
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

// What reads back may be in the page cache only, or still be under way to the medium. It must be
// there before files are changed because of it, and before anybody is shown what it says.
Task<Result<void>> Recovery::sync_ring(WalMode mode) {
    if (std::exchange(ring_synced_[static_cast<size_t>(mode)], true)) co_return {};
    CO_TRY(const auto files,
           co_await list_wal_files(context_.disk(), ring_options(context_.options, mode)));
    for (const WalFileInfo& info : files) {
        CO_TRY(const auto file, co_await context_.disk().open(info.path, {.write = true}));
        CO_TRY_VOID(co_await file->sync());
    }
    co_return {};
}

Task<Result<void>> Recovery::apply(WalMode mode, WalEntryHeader entry, Slice payload) {
    ++report_.entries_replayed;
    CO_TRY_VOID(co_await sync_ring(mode));
    if (entry.kind == WalEntryKind::create) {
        create(mode, entry, payload);
        co_return {};
    }
    const auto found = context_.logs.find(entry.log);
    if (found == context_.logs.end()) {
        if (entry.kind == WalEntryKind::drop && mode == WalMode::durable) ++drops_[entry.log];
        co_return {};
    }
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
    case WalEntryKind::truncate: co_return co_await truncate(mode, log, entry.offset);
    case WalEntryKind::advance_start:
        if (own) {
            // From here on the order is that of the log's own ring.
            const auto start = starts_.find(entry.log);
            if (start != starts_.end() && start->second <= entry.offset) starts_.erase(start);
            co_return co_await advance_start(log, entry.offset);
        }
        // The batches up to there may be about to come from the other write-ahead log.
        starts_[entry.log] = std::max(starts_[entry.log], entry.offset);
        break;
    case WalEntryKind::drop:
        if (mode == WalMode::buffered) --drops_[entry.log];
        co_return co_await drop(log);
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

// The first time something is replayed into a log, its files should be what the checkpoint says.
Task<void> Recovery::touch(LogPointer log) {
    if (!touched_.insert(log->state().id).second) co_return;
    const auto checked = co_await log->files().check_length();
    if (checked) co_return;
    LogState& state = log->state();
    doubt(*log, state.segments.active(), checked.error());
    state.segments.roll(state.end);
}

// Nothing is written into a doubtful segment, and it is not cut to its size either.
void Recovery::doubt(StoredLog& log, SegmentList::Pointer segment, const Error& why) {
    segment->finished = true;
    doubts_.try_emplace(log.state().id, Doubt{.why = why, .segments = {}})
        .first->second.segments.push_back(std::move(segment));
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
    const size_t size_bytes = payload.size();
    report_.bytes_replayed += size_bytes;
    const SlabNumber slab = context_.tails.enter(*log, TailCache::Source::replay, payload.buffer());
    state.add(std::move(payload), slab);
    state.commit(state.mode, state.end);
    log->account();
    context_.bound_producers();
    context_.write_behind->appended(*log, size_bytes);
    co_await context_.write_behind->relieve();
    co_return {};
}

Task<Result<void>> Recovery::truncate(WalMode mode, LogPointer log, Offset end) {
    const auto turn = co_await log->files_lock().lock();
    LogState& state = log->state();
    // In the order in which the first ring has them.
    const auto start = starts_.find(state.id);
    if (mode == WalMode::durable && start != starts_.end()) {
        start->second = std::min(start->second, end);
    }
    if (end >= state.end) co_return {};
    const auto where = co_await find_cut(log, end);
    // A batch began there then. If none does now, the file holds what was appended after a later
    // truncation.
    if (where && where->place.base == end) {
        if (const auto found = doubts_.find(state.id); found != doubts_.end()) {
            std::erase(found->second.segments, where->place.segment);
        }
        co_return co_await log->files().cut(log->cut(*where));
    }
    // The place is gone: by a later truncation still further back, or a deletion, which are to
    // come. Until then the segment stays as it is, and what follows goes into another one.
    const SegmentList::Pointer segment = state.segments.find(end);
    doubt(*log, segment,
          Error(ErrorCode::damaged, fmt::format("{} has no batch that begins at {}",
                                                log->files().path(*segment), end.value)));
    const bool in_memory = end >= state.tail.begin();
    const uint32_t position = in_memory ? state.tail[state.tail.find(end)].position
                                        : segment->size_bytes;
    auto removed = log->cut({.place = {.segment = segment, .position = position, .base = end},
                             .left = {.max_ms = segment->max_timestamp_ms}});
    segment->finished = true;
    state.segments.roll(end);
    co_return co_await log->files().cut(std::move(removed));
}

// As StoredLog::find_cut, but without indexes, in files that may be shorter than they were.
Task<Result<StoredLog::Cut>> Recovery::find_cut(LogPointer log, Offset end) {
    LogState& state = log->state();
    StoredLog::Cut cut{.place = {.segment = nullptr, .base = end}};
    if (end <= state.start) co_return cut;
    cut.place.segment = state.segments.find(end);
    Segment left(cut.place.segment->base);
    Offset next = left.base;
    const uint32_t interval = index_interval_bytes(*state.config);
    const uint32_t file_end = state.file_end(*cut.place.segment);
    const auto take = [&](const model::BatchView& batch) {
        if (batch.last_offset() >= end) return false;
        left.add(batch, interval);
        next = batch.next_offset();
        return next < end;
    };
    bool more = next < end;
    if (more && file_end > 0) {
        const std::string path = log->files().path(*cut.place.segment);
        CO_TRY(std::shared_ptr<io::File> file, co_await context_.disk().open(path, {}));
        BatchScan scan(file, path, {.end = file_end, .next = next},
                       context_.options.read_ahead_bytes);
        while (more && left.size_bytes < file_end) {
            CO_TRY(const auto batch, co_await scan.next());
            more = batch && take(*batch);
        }
        // Only a header has been seen of the last one; and the batches may be those of a log that
        // was created later in the place of this one.
        CO_TRY(const uint64_t file_bytes, co_await file->size());
        const bool goes_on = left.size_bytes == file_end && next == state.tail.begin();
        const bool must_go_on = more || end > state.tail.begin();
        if (left.size_bytes > file_bytes || (must_go_on && !goes_on)) {
            co_return fail(ErrorCode::damaged, path + " holds something else");
        }
    }
    for (size_t i = more ? state.tail.find(next) : 0; more; ++i) {
        more = take(model::BatchView(state.tail[i].bytes.bytes()));
    }
    cut.place.position = left.size_bytes;
    cut.place.base = next;
    cut.left = {.max_ms = left.max_timestamp_ms, .offset = left.max_timestamp_offset};
    co_return cut;
}

Task<Result<void>> Recovery::advance_start(LogPointer log, Offset start) {
    const auto turn = co_await log->files_lock().lock();
    LogState& state = log->state();
    state.start_unnoted = start > state.end;
    auto removed = state.advance_start(start);
    log->account();
    co_return co_await log->files().remove(std::move(removed));
}

Task<Result<void>> Recovery::drop(LogPointer log) {
    touched_.erase(log->state().id);
    starts_.erase(log->state().id);
    doubts_.erase(log->state().id);
    context_.forget(*log);
    const auto turn = co_await log->files_lock().lock();
    co_return co_await log->files().remove_all();
}

// What was deleted stays deleted, whatever the power cut took from the write-ahead log of `os`
// topics.
Task<Result<void>> Recovery::finish_drops() {
    for (const auto& [id, unmatched] : drops_) {
        if (unmatched == 0) continue;
        const WalMode lacks_it = unmatched > 0 ? WalMode::buffered : WalMode::durable;
        context_.unnoted_drops[static_cast<size_t>(lacks_it)].insert(id);
        if (unmatched < 0) continue;
        const auto found = context_.logs.find(id);
        if (found == context_.logs.end() || found->second->state().mode == WalMode::durable) {
            continue;
        }
        CO_TRY_VOID(co_await drop(found->second));
    }
    co_return {};
}

Task<Result<void>> Recovery::finish() {
    CO_TRY_VOID(co_await finish_drops());
    for (const auto& [id, start] : starts_) {
        const auto found = context_.logs.find(id);
        if (found != context_.logs.end()) {
            CO_TRY_VOID(co_await advance_start(found->second, start));
        }
    }
    for (const auto& [id, doubt] : doubts_) {
        const auto& segments = context_.logs.at(id)->state().segments.all();
        const bool remains = std::ranges::any_of(doubt.segments, [&](const auto& segment) {
            return std::ranges::find(segments, segment) != segments.end();
        });
        if (remains) damaged(*context_.logs.at(id), doubt.why, Consequence::goes_on);
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
        const auto checked = co_await log->files().check_length();
        if (!checked) damaged(*log, checked.error(), Consequence::goes_on);
    }
}

void Recovery::damaged(StoredLog& log, const Error& why, Consequence consequence) {
    if (consequence == Consequence::is_pinned) log.flush_failed = true;
    log.take_offline(why, StoredLog::Told::by_caller);  // the start lists what is damaged
}

}  // namespace polylog::log

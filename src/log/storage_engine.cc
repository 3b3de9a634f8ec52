#include "log/storage_engine.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "log/recovery.h"
#include "log/retention.h"
#include "log/retriable.h"

namespace polylog::log {

using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::TopicPartition;

namespace {

const base::Logger kLogger("log");

// How often the deletion of files is tried again while descriptors are short.
constexpr base::Duration kRetryInterval = std::chrono::seconds(1);

}  // namespace

Task<Result<std::unique_ptr<Storage>>> Storage::open(io::Shard& shard, StorageOptions options) {
    auto engine = std::make_unique<StorageEngine>(shard, std::move(options));
    CO_TRY_VOID(co_await engine->start());
    co_return std::unique_ptr<Storage>(std::move(engine));
}

StorageEngine::StorageEngine(io::Shard& shard, StorageOptions options)
    : context_(shard, std::move(options)), write_behind_(context_), checkpointer_(context_) {
    context_.write_behind = &write_behind_;
    context_.checkpointer = &checkpointer_;
    context_.mode_wanted = [this](StoredLog& log) { switch_mode(log); };
}

Task<Result<void>> StorageEngine::start() {
    CO_TRY_VOID(co_await prepare_directories());
    CO_TRY_VOID(co_await write_behind_.start());
    Recovery recovery(context_);
    CO_TRY(recovery_, co_await recovery.run());

    for (const WalMode mode : {WalMode::durable, WalMode::buffered}) {
        CO_TRY_VOID(co_await open_journal(mode, recovery.last(mode)));
    }
    // A new storage begins with room for what clients send, or not at all.
    const bool is_new = context_.journal(WalMode::durable)->wal().usage().disk_bytes == 0;
    if (is_new && write_behind_.refusal({})) {
        co_return fail(ErrorCode::disk_full, "too little is free for a new data directory");
    }
    context_.journal(WalMode::durable)->wal().release(recovery.checkpoint().durable);
    context_.journal(WalMode::buffered)->wal().release(recovery.checkpoint().buffered);
    checkpointer_.start(recovery.checkpoint());
    // What was replayed need not be replayed again.
    if (recovery_.entries_replayed > 0) checkpointer_.request();
    retention_.spawn(retention_loop());
    co_return {};
}

// The names of the directories that everything else is in must survive a power cut.
Task<Result<void>> StorageEngine::prepare_directories() {
    const std::string directory = storage_directory(context_.options.storage_index);
    CO_TRY_VOID(co_await context_.disk().create_directories(directory));
    CO_TRY_VOID(co_await context_.disk().sync_directory("."));
    co_return co_await context_.disk().sync_directory(directory.substr(0, directory.rfind('/')));
}

Task<Result<void>> StorageEngine::open_journal(WalMode mode, WalSequence last) {
    WalOptions ring = ring_options(context_.options, mode);
    ring.budget = &context_.budget;
    CO_TRY_VOID(co_await context_.disk().create_directories(ring.directory));
    CO_TRY_VOID(
        co_await context_.disk().sync_directory(storage_directory(context_.options.storage_index)));
    auto on_failure = [this](WalMode failed, const Error& error) { journal_failed(failed, error); };
    CO_TRY(auto journal, co_await Journal::open(context_.shard, std::move(ring), last,
                                                context_.statistics, std::move(on_failure)));
    journal->on_commit([this] { journal_committed(); });
    context_.journals[static_cast<size_t>(mode)] = std::move(journal);
    co_return {};
}

void StorageEngine::journal_failed(WalMode mode, const Error& error) {
    const StoredLogs logs = context_.logs;
    size_t offline = 0;
    for (const auto& [id, log] : logs) {
        if (log->state().mode != mode && !log->state().switching()) continue;
        log->take_offline(error, StoredLog::Told::by_caller);
        ++offline;
    }
    kLogger.error("write_ahead_log_failed",
                  "a write-ahead log failed: its partitions are offline, and what had not been "
                  "acknowledged is lost. Check the disk, then restart: what was acknowledged comes "
                  "back",
                  {{"directory", ring_options(context_.options, mode).directory},
                   {"durability", mode == WalMode::durable ? "fsync" : "os"},
                   {"partitions", offline},
                   {"err", error}});
}

void StorageEngine::journal_committed() {
    write_behind_.committed();
    for (const auto& journal : context_.journals) {
        if (journal && journal->wal().wants_checkpoint()) checkpointer_.ring_fills();
    }
}

// The table of logs

Log* StorageEngine::find(const TopicPartition& id) {
    const auto found = context_.logs.find(id);
    return found == context_.logs.end() ? nullptr : found->second.get();
}

std::vector<Log*> StorageEngine::logs() {
    std::vector<Log*> logs;
    logs.reserve(context_.logs.size());
    for (const auto& [id, log] : context_.logs) logs.push_back(log.get());
    return logs;
}

Result<Log*> StorageEngine::create(TopicPartition id, std::string topic_name,
                                   std::shared_ptr<const model::TopicConfig> config) {
    if (closed_) return fail(ErrorCode::closed);
    if (context_.logs.contains(id)) return fail(ErrorCode::topic_exists);
    if (topic_name.size() > UINT16_MAX) return fail(ErrorCode::invalid_name);
    const WalMode mode = mode_of(*config);
    auto& unnoted_drops = context_.unnoted_drops[static_cast<size_t>(mode)];
    if (unnoted_drops.contains(id)) {
        const WalEntryHeader drop{.kind = WalEntryKind::drop, .log = id, .offset = {}};
        TRY_VOID(context_.journal(mode)->append(drop, {}));
        unnoted_drops.erase(id);
    }
    const WalEntryHeader header{.kind = WalEntryKind::create, .log = id, .offset = {}};
    TRY_VOID(context_.journal(mode)->append(header, base::as_bytes(topic_name)));
    LogState state(id, std::move(topic_name), mode, std::move(config));
    auto log = std::make_shared<StoredLog>(context_, std::move(state));
    context_.logs.emplace(id, log);
    if (const auto busy = context_.deletions.find(id); busy != context_.deletions.end()) {
        busy->second->successor = log;
        busy->second->successor_waits.emplace(log->files_lock().take());
    }
    return log.get();
}

Task<Result<void>> StorageEngine::drop(TopicPartition id) {
    const auto found = context_.logs.find(id);
    if (found == context_.logs.end()) co_return fail(ErrorCode::not_found);
    const std::shared_ptr<StoredLog> log = found->second;
    CO_TRY(const StoredLog::Noted noted, log->note(WalEntryKind::drop, {}));
    context_.forget(*log);
    const auto deletion = std::make_shared<Deletion>();
    context_.deletions.insert_or_assign(id, deletion);
    // Goes on even when nobody waits for it.
    scope_.spawn(delete_log(log, noted, deletion));
    while (!deletion->result) co_await deletion->done.wait();
    co_return *deletion->result;
}

Task<void> StorageEngine::delete_log(std::shared_ptr<StoredLog> log, StoredLog::Noted noted,
                                     std::shared_ptr<Deletion> deletion) {
    auto result = co_await log->committed(noted);
    if (result) {
        const auto turn = co_await log->files_lock().lock();
        result = co_await log->files().remove_all();
        while (!closed_ && !result && is_retriable(result.error())) {
            co_await io::sleep_for(kRetryInterval);
            result = co_await log->files().remove_all();
        }
    }
    deletion->result = std::move(result);
    deletion->successor_waits.reset();
    const auto current = context_.deletions.find(log->state().id);
    if (current != context_.deletions.end() && current->second == deletion)
        context_.deletions.erase(current);
    deletion->done.notify_all();
}

void StorageEngine::switch_mode(StoredLog& log) {
    LogState& state = log.state();
    // One at a time: the next one begins when a checkpoint has completed this one.
    if (closed_ || log.dropped || state.switching()) return;
    state.begin_switch(mode_of(*state.config));
    checkpointer_.request();
}

// Background work

Task<void> StorageEngine::retention_loop() {
    for (;;) {
        const base::MonoTime last = context_.shard.now();
        while (context_.shard.now() < next_retention(last)) {
            co_await upkeep_changed_.wait_until(next_retention(last));
        }
        co_await apply_retention();
    }
}

// An interval may be configured that ends after all time.
base::MonoTime StorageEngine::next_retention(base::MonoTime last) const {
    const base::Duration left = base::MonoTime::max() - last;
    return last + std::min(context_.upkeep.retention_interval, left);
}

void StorageEngine::configure(Upkeep upkeep) {
    if (std::exchange(context_.upkeep, upkeep) != upkeep) upkeep_changed_.notify_all();
}

Task<void> StorageEngine::apply_retention() {
    const int64_t now_ms = base::to_unix_ms(context_.shard.env().clock.wall());
    const StoredLogs logs = context_.logs;
    for (const auto& [id, log] : logs) {
        LogState& state = log->state();
        if (log->dropped || state.offline) continue;
        state.producers.expire(now_ms, base::to_ms(context_.upkeep.producer_expiry));
        log->account();
        const auto upto = std::min(state.high_watermark, state.durable_end);
        const model::Offset start = retention_start(state, now_ms, upto);
        if (start <= state.start) continue;
        const auto advanced = co_await static_cast<Log&>(*log).advance_start(start);
        if (!advanced) continue;  // tried again the next time
    }
}

Task<Result<void>> StorageEngine::checkpoint() {
    if (closed_) co_return fail(ErrorCode::closed);
    co_return co_await checkpointer_.take(Checkpointer::Kind::running);
}

Task<Result<void>> StorageEngine::close() {
    if (closed_) co_return fail(ErrorCode::closed);
    closed_ = true;
    retention_.destroy_all();
    co_await checkpointer_.stop();
    while (!context_.deletions.empty()) {
        const auto deletion = context_.deletions.begin()->second;
        co_await deletion->done.wait();
    }
    co_await write_behind_.stop();
    CO_TRY_VOID(co_await close_journals());
    co_return co_await checkpointer_.take(Checkpointer::Kind::clean_stop);
}

Task<Result<void>> StorageEngine::close_journals() {
    Result<void> closed;
    for (const auto& journal : context_.journals) {
        if (!journal) continue;
        auto one = co_await journal->wal().close();
        if (!one) closed = std::move(one);
    }
    co_return closed;
}

// Looking at it

StorageEngine::Usage StorageEngine::usage() const {
    Usage usage{.tail_cache_bytes = context_.tails.bytes(),
                .unflushed_bytes = context_.unflushed_bytes,
                .open_files = context_.files.open_files(),
                .producers = context_.producers,
                .accepts_appends = !closed_ && !write_behind_.refusal({})};
    if (const auto& journal = context_.journals[0]) usage.durable_wal = journal->wal().usage();
    if (const auto& journal = context_.journals[1]) usage.buffered_wal = journal->wal().usage();
    for (const auto& journal : context_.journals) {
        if (journal && journal->failed()) usage.accepts_appends = false;
    }
    return usage;
}

}  // namespace polylog::log

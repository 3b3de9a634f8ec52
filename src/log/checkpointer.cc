#include "log/checkpointer.h"

#include <algorithm>

#include "log/checkpoint_file.h"
#include "log/retriable.h"
#include "log/storage_context.h"
#include "log/stored_log.h"

namespace polylog::log {

using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

// Logs written and synced at the same time.
constexpr int kParallel = 16;
constexpr base::Duration kRetryInterval = std::chrono::seconds(1);

WalSequence cut(Journal* journal, WalSequence last) {
    return journal ? journal->wal().cut() : last;
}

// Something of the log is not safely in its segments; or its files are just being changed, which
// must be over before a checkpoint that does not know of it can count.
bool is_unsettled(StoredLog& log, model::Offset end, Checkpointer::Kind kind) {
    const LogState& state = log.state();
    if (state.flushed_end < end || state.unsynced || log.files_lock().locked()) return true;
    const Segment& active = *state.segments.active();
    return kind == Checkpointer::Kind::clean_stop && active.size_bytes > 0 && !active.finished;
}

}  // namespace

// One pass over all captured logs by several tasks.
struct Checkpointer::Round {
    const std::vector<Captured>& captured;
    const Kind kind;
    size_t next = 0;
    std::optional<Error> error{};
};

void Checkpointer::start(CheckpointHeader last) {
    last_ = last;
    scope_.spawn(run());
}

void Checkpointer::request() {
    requested_ = true;
    wanted_.notify_all();
}

void Checkpointer::ring_fills() {
    if (!taking_.locked()) request();
}

Task<void> Checkpointer::run() {
    for (;;) {
        while (!requested_) co_await wanted_.wait();
        requested_ = false;
        const auto taken = co_await take(Kind::running);
        if (taken) continue;
        co_await io::sleep_for(kRetryInterval);
        requested_ = true;
    }
}

Task<void> Checkpointer::stop() {
    const auto turn = co_await taking_.lock();
    scope_.destroy_all();
}

Task<Result<void>> Checkpointer::take(Kind kind) {
    const auto turn = co_await taking_.lock();
    const base::MonoTime begin = context_.shard.now();
    auto written = co_await write(kind);
    if (written) {
        context_.statistics.checkpoint.record(context_.shard.now() - begin);
    } else {
        ++context_.statistics.failed_checkpoints;
    }
    co_return written;
}

Task<Result<void>> Checkpointer::write(Kind kind) {
    if (failed_) co_return fail(*failed_);
    Journal* const durable = context_.journal(WalMode::durable);
    Journal* const buffered = context_.journal(WalMode::buffered);
    const CheckpointHeader header{.data_directory_id = context_.options.data_directory_id,
                                  .storage_index = context_.options.storage_index,
                                  .clean_stop = kind == Kind::clean_stop,
                                  .durable = cut(durable, last_.durable),
                                  .buffered = cut(buffered, last_.buffered)};
    const std::vector<Captured> captured = capture();
    const auto deletions = context_.deletions;
    CO_TRY_VOID(co_await cuts_committed(header));
    CO_TRY_VOID(co_await settle_all(captured, kind));
    for (const auto& [id, deletion] : deletions) {
        while (!deletion->result) co_await deletion->done.wait();
    }
    CO_TRY_VOID(co_await sync_directories());
    if (std::ranges::any_of(captured, [](const Captured& c) { return c.log->dropped; })) {
        // The checkpoint still has logs whose files are gone: replay must be sure to drop them.
        CO_TRY_VOID(co_await cuts_committed(
            {.durable = cut(durable, last_.durable), .buffered = cut(buffered, last_.buffered)}));
    }
    std::vector<std::string_view> records;
    records.reserve(captured.size());
    for (const Captured& each : captured) records.push_back(*each.record);
    auto written = co_await write_checkpoint(context_.disk(),
                                             storage_directory(context_.options.storage_index),
                                             encode_checkpoint(header, records));
    if (!written && !is_retriable(written.error())) failed_ = written.error();
    if (!written) co_return written;
    last_ = header;
    if (durable) durable->wal().release(header.durable);
    if (buffered) buffered->wal().release(header.buffered);
    for (const Captured& each : captured) {
        if (each.switching && !each.log->dropped) each.log->end_switch();
    }
    co_return {};
}

std::vector<Checkpointer::Captured> Checkpointer::capture() {
    std::vector<Captured> captured;
    captured.reserve(context_.logs.size());
    for (const auto& [id, log] : context_.logs) {
        captured.push_back({.log = log,
                            .end = log->state().end,
                            .switching = log->state().switching(),
                            .record = log->encoded_record()});
    }
    return captured;
}

Task<Result<void>> Checkpointer::cuts_committed(CheckpointHeader header) {
    if (Journal* durable = context_.journal(WalMode::durable)) {
        CO_TRY_VOID(co_await durable->committed(header.durable));
    }
    if (Journal* buffered = context_.journal(WalMode::buffered)) {
        CO_TRY_VOID(co_await buffered->committed(header.buffered));
    }
    co_return {};
}

// Brings all captured logs into their segments, some at a time. One that fails does not keep the
// others from getting there.
Task<Result<void>> Checkpointer::settle_all(std::vector<Captured> captured, Kind kind) {
    Round round{.captured = captured, .kind = kind};
    io::TaskScope workers;
    for (int i = 0; i < kParallel; ++i) workers.spawn(settle_some(round));
    co_await workers.join();
    if (round.error) co_return fail(*round.error);
    co_return {};
}

Task<void> Checkpointer::settle_some(Round& round) {
    while (round.next < round.captured.size()) {
        Captured captured = round.captured[round.next++];
        if (!is_unsettled(*captured.log, captured.end, round.kind)) continue;
        const auto settled = co_await settle(std::move(captured), round.kind);
        if (!settled) round.error = settled.error();
    }
}

Task<Result<void>> Checkpointer::settle(Captured captured, Kind kind) {
    StoredLog& log = *captured.log;
    CO_TRY_VOID(co_await log.flush(captured.end, FlushDemand::everything));
    if (kind == Kind::clean_stop && !log.dropped) {
        CO_TRY_VOID(co_await log.files().finish_all());
    }
    co_return co_await log.sync();
}

Task<Result<void>> Checkpointer::sync_directories() {
    while (!context_.unsynced_directories.empty()) {
        const std::string directory = *context_.unsynced_directories.begin();
        context_.unsynced_directories.erase(directory);
        const auto synced = co_await context_.disk().sync_directory(directory);
        if (synced || synced.error() == ErrorCode::not_found) continue;
        if (is_retriable(synced.error())) {
            context_.unsynced_directories.insert(directory);
            co_return synced;
        }
        failed_ = synced.error();
        co_return fail(*failed_);
    }
    co_return {};
}

}  // namespace polylog::log

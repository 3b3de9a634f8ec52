#include "log/write_behind.h"

#include <algorithm>

#include "log/retriable.h"
#include "log/storage_context.h"
#include "log/stored_log.h"

namespace polylog::log {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

// Segments written at the same time: enough to keep a disk busy with small pieces.
constexpr int kWorkers = 8;
// How often the disk's free space is looked at, normally and while it is short.
constexpr base::Duration kSpaceInterval = std::chrono::seconds(1);
constexpr base::Duration kShortSpaceInterval = std::chrono::milliseconds(100);

bool has_writable(const StoredLog& log) {
    return !log.flush_failed && log.state().flushed_end < log.state().writable_end();
}

}  // namespace

WriteBehind::WriteBehind(StorageContext& context) : context_(context) {}

Task<Result<void>> WriteBehind::start() {
    CO_TRY_VOID(co_await look_at_disk());
    for (int i = 0; i < kWorkers; ++i) workers_.spawn(work());
    watching_.spawn(watch_disk());
    co_return {};
}

Task<void> WriteBehind::stop() {
    stopping_ = true;
    wanted_.notify_all();
    co_await workers_.join();
    watching_.destroy_all();
}

bool WriteBehind::memory_is_short() const {
    return context_.unflushed_bytes > context_.options.unflushed_bytes_max ||
           context_.tails.over_limit();
}

// What was in no segment then will take some of it, and so will what was claimed meanwhile. Returns
// the bytes that are available.
Task<Result<uint64_t>> WriteBehind::look_at_disk() {
    DiskBudget& budget = context_.budget;
    const uint64_t claimed_before = budget.claimed_bytes();
    CO_TRY(const io::DiskSpace space, co_await context_.disk().space());
    const uint64_t claimed_meanwhile = budget.claimed_bytes() - claimed_before;
    budget.saw(space.available_bytes, context_.unflushed_bytes + claimed_meanwhile);
    co_return space.available_bytes;
}

void WriteBehind::appended(StoredLog& log, size_t size_bytes) {
    context_.budget.claim(size_bytes);
    if (context_.tails.over_limit()) context_.tails.evict();
    const bool piece_is_full = log.state().unflushed_bytes >= context_.options.flush_piece_bytes;
    if (piece_is_full && !log.flush_queued && !log.flushing) {
        log.flush_queued = true;
        busy_.push_back(&log);
        wanted_.notify_all();
    } else if (memory_is_short()) {
        wanted_.notify_all();
    }
}

void WriteBehind::committed() {
    if (!busy_.empty() || memory_is_short()) wanted_.notify_all();
}

void WriteBehind::forget(const StoredLog& log) {
    std::erase(busy_, &log);
}

std::optional<ErrorCode> WriteBehind::refusal(const model::TopicConfig& config) const {
    const size_t unflushed_max = context_.options.unflushed_bytes_max;
    if (context_.budget.reserve_is_used() && !config.may_use_disk_reserve)
        return ErrorCode::disk_full;
    if (stalled_ && context_.unflushed_bytes >= unflushed_max) return stalled_;
    if (context_.unflushed_bytes >= 2 * unflushed_max) return ErrorCode::throttled;
    return std::nullopt;
}

Task<void> WriteBehind::relieve() {
    while (memory_is_short() && !stalled_) {
        Job job = next();
        if (job.log) {
            co_await run(std::move(job));
        } else if (under_way_ > 0) {
            co_await progress_.wait();
        } else {
            co_return;
        }
    }
}

WriteBehind::Job WriteBehind::next() {
    if (stalled_) return {};
    while (!busy_.empty()) {
        StoredLog& log = *busy_.front();
        busy_.pop_front();
        log.flush_queued = false;
        if (!has_writable(log)) continue;
        return {.log = log.shared_from_this(), .demand = FlushDemand::whole_blocks};
    }
    if (!memory_is_short()) return {};
    for (StoredLog* log : context_.tails.oldest_unflushed()) {
        if (log->flushing || !has_writable(*log)) continue;
        return {.log = log->shared_from_this(), .demand = FlushDemand::everything};
    }
    return {};
}

Task<void> WriteBehind::run(Job job) {
    StoredLog& log = *job.log;
    log.flushing = true;
    ++under_way_;
    const auto flushed = co_await log.flush(log.state().writable_end(), job.demand);
    --under_way_;
    log.flushing = false;
    // A log that failed for another reason is offline now, and no business of ours.
    if (!flushed && is_retriable(flushed.error())) stalled_ = flushed.error().code();
    context_.tails.evict();
    progress_.notify_all();
}

Task<void> WriteBehind::work() {
    while (!stopping_) {
        Job job = next();
        if (job.log) {
            co_await run(std::move(job));
        } else {
            co_await wanted_.wait();
        }
    }
}

Task<void> WriteBehind::watch_disk() {
    for (;;) {
        const bool is_short = stalled_ || context_.budget.reserve_is_used();
        co_await io::sleep_for(is_short ? kShortSpaceInterval : kSpaceInterval);
        const auto available_bytes = co_await look_at_disk();
        if (!available_bytes) continue;
        const bool has_room = *available_bytes >= context_.options.flush_piece_bytes;
        if (stalled_ && (has_room || *stalled_ != ErrorCode::disk_full)) {
            stalled_.reset();
            wanted_.notify_all();
        }
    }
}

}  // namespace polylog::log

#include "replication/partition.h"

#include <fmt/core.h>

#include "log/epoch_history.h"
#include "log/producer_state.h"

namespace polylog::replication {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::BatchView;
using model::LeaderEpoch;
using model::Offset;

Partition::Partition(io::Shard& shard, log::Log& log, Leadership leadership,
                     std::shared_ptr<const model::TopicConfig> config)
    : shard_(shard), log_(&log), leadership_(std::move(leadership)), config_(std::move(config)) {
    log_->epochs().begin(leadership_.leader_epoch, log_->positions().end);
    log_->on_durable([this] { advance(); });
    advance();
}

void Partition::lead(Leadership leadership) {
    leadership_ = std::move(leadership);
    log_->epochs().begin(leadership_.leader_epoch, log_->positions().end);
    advance();
}

void Partition::configure(std::shared_ptr<const model::TopicConfig> config) {
    config_ = config;
    log_->configure(std::move(config));
}

void Partition::close() {
    if (!log_) return;
    std::exchange(log_, nullptr)->on_durable({});
    wake();
}

Result<Partition::Appended> Partition::append(base::MutableBytes batch, bool all_replicas) {
    if (!log_) return fail(ErrorCode::unknown_topic);
    if (all_replicas && std::ssize(leadership_.in_sync_replicas) < config_->min_insync_replicas) {
        return fail(ErrorCode::not_enough_replicas,
                    fmt::format("{} in-sync replicas, min.insync.replicas is {}",
                                leadership_.in_sync_replicas.size(), config_->min_insync_replicas));
    }
    // Before the sequence: what a failed log refused is missing there, and a producer that hears of
    // a gap begins a new epoch, in which what did reach the disk is not recognised any more.
    if (auto offline = log_->offline()) return fail(*offline);
    TRY(const auto stored, log_->producers().check(BatchView(batch)));
    if (stored) {
        return Appended{.first = stored->first_offset,
                        .last = stored->last_offset,
                        .duplicate = true};
    }
    Appended appended;
    if (config_->message_timestamp_type == model::TimestampType::append_time) {
        appended.append_time_ms = base::to_unix_ms(shard_.env().clock.wall());
        model::assign_append_time(batch, appended.append_time_ms);
    }
    TRY(const auto placed, log_->append(batch, leadership_.leader_epoch));
    appended.first = placed.first;
    appended.last = placed.last;
    return appended;
}

Task<Result<void>> Partition::replicated(Offset end, base::MonoTime deadline) {
    while (log_ && high_watermark() < end) {
        if (auto offline = log_->offline()) co_return fail(*offline);
        const bool advanced = co_await advanced_.wait_until(deadline);
        if (!advanced && log_ && high_watermark() < end) co_return fail(ErrorCode::timed_out);
    }
    if (!log_) co_return fail(ErrorCode::unknown_topic);
    co_return {};
}

Result<void> Partition::check_epoch(std::optional<LeaderEpoch> expected) const {
    if (!log_) return fail(ErrorCode::unknown_topic);
    if (auto offline = log_->offline()) return fail(*offline);
    if (!expected || *expected == leadership_.leader_epoch) return {};
    return fail(*expected < leadership_.leader_epoch ? ErrorCode::stale_leader_epoch
                                                     : ErrorCode::unknown_leader_epoch);
}

Result<void> Partition::check_position(Offset from) const {
    if (!log_) return fail(ErrorCode::unknown_topic);
    if (from >= log_start() && from <= high_watermark()) return {};
    return fail(ErrorCode::offset_out_of_range,
                fmt::format("offset {} is outside [{}, {}]", from.value, log_start().value,
                            high_watermark().value));
}

// With one replica, what is durable here is durable everywhere.
void Partition::advance() {
    const Offset durable = log_->positions().durable_end;
    if (durable > high_watermark()) log_->set_high_watermark(durable);
    wake();
}

void Partition::wake() {
    advanced_.notify_all();
    for (Watch& watch : watches_) watch.signal_.notify_all();
}

}  // namespace polylog::replication

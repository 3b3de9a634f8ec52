#include "log/stored_log.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/logging.h"
#include "log/checkpointer.h"
#include "log/retriable.h"
#include "log/storage_context.h"
#include "log/write_behind.h"

namespace polylog::log {

using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::BatchView;
using model::Offset;

namespace {

const base::Logger kLogger("log");

TailCache::Source source_of(WalMode mode) {
    return mode == WalMode::durable ? TailCache::Source::durable_journal
                                    : TailCache::Source::buffered_journal;
}

}  // namespace

StoredLog::StoredLog(StorageContext& context, LogState state)
    : context_(context),
      state_(std::move(state)),
      files_(state_, context),
      reader_(state_, files_, context) {
    account();
}

StoredLog::~StoredLog() {
    forget();
}

std::string StoredLog::name() const {
    return fmt::format("{}-{}", state_.topic_name, state_.id.partition.value);
}

// Appending

Result<Log::Appended> StoredLog::append(base::Bytes batch, model::LeaderEpoch epoch) {
    return add(batch, epoch);
}

Result<Log::Appended> StoredLog::append_replica(base::Bytes batch) {
    const BatchView view(batch);
    if (view.base_offset() != state_.end) {
        return fail(ErrorCode::invalid_request,
                    fmt::format("{} ends at {}, the batch begins at {}", name(), state_.end.value,
                                view.base_offset().value));
    }
    return add(batch, std::nullopt);
}

Result<Log::Appended> StoredLog::add(base::Bytes batch, std::optional<model::LeaderEpoch> epoch) {
    const BatchView view(batch);
    TRY_VOID(check_online());
    if (const auto refusal = context_.write_behind->refusal(*state_.config)) {
        ++context_.statistics.refused_appends;
        return fail(*refusal);
    }
    if (epoch.value_or(view.leader_epoch()) <
        state_.epochs.latest().value_or(model::LeaderEpoch{0})) {
        return fail(ErrorCode::stale_leader_epoch);
    }
    if (view.last_offset_delta() < 0) return fail(ErrorCode::invalid_record, "no records");

    Journal& journal = *context_.journal(state_.mode);
    TRY_VOID(note_start(journal));
    auto place = journal.append(
        {.kind = WalEntryKind::append, .log = state_.id, .offset = state_.end}, batch);
    if (!place) {
        ++context_.statistics.refused_appends;
        if (place.error() == ErrorCode::disk_full) context_.checkpointer->request();
        return fail(std::move(place).error());
    }
    if (epoch) {
        model::assign_base_offset(place->writable, state_.end);
        model::assign_leader_epoch(place->writable, *epoch);
    }
    const Offset first = state_.end;
    const SlabNumber slab = context_.tails.enter(*this, source_of(state_.mode),
                                                 place->payload.buffer());
    state_.add(std::move(place->payload), slab);
    journal.touch(*this, place->group, state_.end);
    account();
    context_.bound_producers();
    ++context_.statistics.appended_batches;
    context_.statistics.appended_bytes += batch.size();
    context_.write_behind->appended(*this, batch.size());
    return Appended{.first = first, .last = {state_.end.value - 1}};
}

Result<void> StoredLog::note_start(Journal& journal) {
    if (!state_.start_unnoted) return {};
    TRY_VOID(journal.append(
        {.kind = WalEntryKind::advance_start, .log = state_.id, .offset = state_.start}, {}));
    state_.start_unnoted = false;
    return {};
}

void StoredLog::committed(WalMode by, Offset upto) {
    if (state_.commit(by, upto) && on_durable_) on_durable_();
}

// Taking back and deleting

Result<StoredLog::Noted> StoredLog::note(WalEntryKind kind, Offset offset) {
    const WalEntryHeader header{.kind = kind, .log = state_.id, .offset = offset};
    Noted noted;
    // What takes something away changes files that a power cut does not bring back. So it is noted
    // where a power cut does not reach, besides where the batches are.
    if (state_.mode == WalMode::buffered || state_.switching()) {
        if (Journal* buffered = context_.journal(WalMode::buffered)) {
            TRY(const WalPlace place, buffered->append(header, {}));
            noted.buffered = place.group;
        }
    }
    auto place = context_.journal(WalMode::durable)->append(header, {});
    if (!place) {
        // Half noted: what the log will be after a restart is not what it is now.
        if (noted.buffered) take_offline(place.error());
        return fail(std::move(place).error());
    }
    noted.durable = place->group;
    return noted;
}

Task<Result<void>> StoredLog::committed(Noted noted) {
    if (noted.buffered) {
        CO_TRY_VOID(co_await context_.journal(WalMode::buffered)->committed(*noted.buffered));
    }
    co_return co_await context_.journal(WalMode::durable)->committed(*noted.durable);
}

// While batches go to a new write-ahead log that replay would not heed yet, nothing is taken away:
// what is acknowledged must not rest on what is not.
Task<io::Mutex::Guard> StoredLog::lock_for_change() {
    for (;;) {
        while (state_.switching() && check_online()) co_await switch_ended_.wait();
        auto turn = co_await files_lock_.lock();
        if (!state_.switching() || !check_online()) co_return turn;
    }
}

Task<Result<void>> StoredLog::truncate(Offset end) {
    const auto self = shared_from_this();
    const auto turn = co_await lock_for_change();
    CO_TRY_VOID(check_online());
    if (end >= state_.end) co_return {};
    CO_TRY(const Cut where, co_await find_cut(end));
    CO_TRY(const Noted noted, note(WalEntryKind::truncate, where.place.base));
    auto removed = cut(where);
    CO_TRY_VOID(co_await committed(noted));
    auto done = co_await files_.cut(std::move(removed));
    if (!done) take_offline(done.error());
    co_return done;
}

Task<Result<StoredLog::Cut>> StoredLog::find_cut(Offset end) {
    Cut cut{.place = {.segment = nullptr, .base = end}};
    if (end <= state_.start) co_return cut;
    CO_TRY(cut.place, co_await reader_.locate(end));
    if (cut.place.base <= state_.start) co_return cut;
    const SegmentList::Pointer segment = cut.place.segment;
    CO_TRY(cut.left, co_await reader_.greatest(segment, segment->base, cut.place.base));
    co_return cut;
}

std::vector<SegmentList::Pointer> StoredLog::cut(const Cut& cut) {
    const Offset end = cut.place.base;
    auto removed = end <= state_.start ? state_.restart_at(end)
                                       : state_.truncate(end, cut.place.position, cut.left);
    for (const WalMode mode : {WalMode::durable, WalMode::buffered}) {
        if (Journal* journal = context_.journal(mode)) journal->clamp(*this, end);
    }
    account();
    return removed;
}

// A start beyond what is durable would make batches count as durable that are not.
Task<Result<void>> StoredLog::durable_up_to(Offset offset) {
    while (check_online() && offset > state_.durable_end && offset <= state_.end) {
        if (state_.switching()) {
            co_await switch_ended_.wait();
        } else {
            Journal& journal = *context_.journal(state_.mode);
            CO_TRY_VOID(co_await journal.committed(journal.wal().cut()));
        }
    }
    co_return {};
}

Task<Result<void>> StoredLog::advance_start(Offset start) {
    const auto self = shared_from_this();
    CO_TRY_VOID(co_await durable_up_to(start));
    const auto turn = co_await lock_for_change();
    CO_TRY_VOID(check_online());
    if (start <= state_.start) co_return {};
    if (start > state_.end) co_return fail(ErrorCode::offset_out_of_range);
    CO_TRY(const Noted noted, note(WalEntryKind::advance_start, start));
    auto removed = state_.advance_start(start);
    account();
    CO_TRY_VOID(co_await committed(noted));
    co_return co_await files_.remove(std::move(removed));
}

// Reading

Result<void> StoredLog::check_online() const {
    if (state_.offline) return fail(*state_.offline);
    if (dropped) return fail(ErrorCode::partition_offline, "deleted");
    return {};
}

Result<void> StoredLog::check_readable(Offset from) const {
    TRY_VOID(check_online());
    if (from >= state_.start && from <= state_.end) return {};
    return fail(ErrorCode::offset_out_of_range,
                fmt::format("{} has {} to {}, not {}", name(), state_.start.value, state_.end.value,
                            from.value));
}

std::optional<ReadBatches> StoredLog::read_tail(const ReadRange& range) {
    if (!check_readable(range.from)) return std::nullopt;
    auto read = state_.tail.read(range);
    if (read) ++context_.statistics.tail_reads;
    return read;
}

Task<Result<ReadBatches>> StoredLog::read(ReadRange range) {
    const auto self = shared_from_this();
    CO_TRY_VOID(check_readable(range.from));
    auto read = co_await reader_.read(range);
    if (dropped) CO_TRY_VOID(check_online());
    if (!read && read.error() == ErrorCode::damaged) {
        take_offline(read.error());
        co_return fail(*state_.offline);
    }
    co_return read;
}

Task<Result<std::optional<TimestampedOffset>>> StoredLog::find_by_time(int64_t timestamp_ms,
                                                                       Offset upto) {
    const auto self = shared_from_this();
    CO_TRY_VOID(check_online());
    co_return co_await reader_.find_by_time(timestamp_ms, upto);
}

Task<Result<std::optional<TimestampedOffset>>> StoredLog::find_max_timestamp(Offset upto) {
    const auto self = shared_from_this();
    CO_TRY_VOID(check_online());
    co_return co_await reader_.find_max_timestamp(upto);
}

// State

Log::Positions StoredLog::positions() const {
    // Deleting may overtake committing and writing.
    const Offset durable_end = std::max(state_.durable_end, state_.start);
    return {.start = state_.start,
            .flushed_end = std::clamp(state_.flushed_end, state_.start, durable_end),
            .durable_end = durable_end,
            .end = state_.end,
            .size_bytes = state_.segments.size_bytes()};
}

void StoredLog::set_high_watermark(Offset high_watermark) {
    if (high_watermark == state_.high_watermark) return;
    state_.high_watermark = high_watermark;
    state_.changed = true;
}

ProducerState& StoredLog::producers() {
    state_.changed = true;
    return state_.producers;
}

EpochHistory& StoredLog::epochs() {
    state_.changed = true;
    return state_.epochs;
}

void StoredLog::configure(std::shared_ptr<const model::TopicConfig> config) {
    state_.config = std::move(config);
    state_.changed = true;
    if (mode_of(*state_.config) != state_.mode) context_.mode_wanted(*this);
}

void StoredLog::on_durable(std::move_only_function<void()> listener) {
    on_durable_ = std::move(listener);
}

void StoredLog::take_offline(Error why, Told told) {
    if (state_.offline) return;
    if (told == Told::here) {
        kLogger.error("log_offline",
                      "a partition is offline: nothing is read from it or written to it; what was "
                      "acknowledged stays where it is. Check the disk, then restart; if it is "
                      "offline again, restore its files from a backup or a replica",
                      {{"partition", name()}, {"directory", files_.directory()}, {"err", why}});
    }
    state_.offline = Error(ErrorCode::partition_offline,
                           fmt::format("{}: {}", name(), why.message()));
    switch_ended_.notify_all();
    if (on_durable_) on_durable_();
}

void StoredLog::account() {
    if (dropped) return;
    context_.unflushed_bytes += state_.unflushed_bytes - accounted_unflushed_;
    accounted_unflushed_ = state_.unflushed_bytes;
    const uint64_t producers = state_.producers.producers().size();
    context_.producers += producers - std::exchange(accounted_producers_, producers);
}

void StoredLog::forget() {
    context_.unflushed_bytes -= std::exchange(accounted_unflushed_, 0);
    context_.producers -= std::exchange(accounted_producers_, 0);
    dropped = true;
    switch_ended_.notify_all();
}

std::shared_ptr<const std::string> StoredLog::encoded_record() {
    if (state_.changed || !encoded_record_) {
        encoded_record_ = std::make_shared<const std::string>(encode_record(state_.record()));
        state_.changed = false;
    }
    return encoded_record_;
}

void StoredLog::end_switch() {
    switch_ended_.notify_all();
    if (state_.end_switch() && on_durable_) on_durable_();
    if (mode_of(*state_.config) != state_.mode) context_.mode_wanted(*this);
}

// Writing behind

Task<Result<void>> StoredLog::flush(Offset upto, FlushDemand demand) {
    const auto self = shared_from_this();
    const auto turn = co_await files_lock_.lock();
    if (dropped) co_return {};
    if (flush_failed) co_return fail(*state_.offline);
    auto done = co_await files_.flush(upto, demand);
    account();
    if (!done && !is_retriable(done.error())) {
        flush_failed = true;
        take_offline(done.error());
        co_return fail(*state_.offline);
    }
    co_return done;
}

Task<Result<void>> StoredLog::sync() {
    const auto self = shared_from_this();
    const auto turn = co_await files_lock_.lock();
    if (dropped) co_return {};
    auto done = co_await files_.sync();
    if (!done && !is_retriable(done.error())) {
        flush_failed = true;
        take_offline(done.error());
        co_return fail(*state_.offline);
    }
    co_return done;
}

}  // namespace polylog::log

#include "queue/queue.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"

namespace polylog::queue {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::Offset;

namespace {

const base::Logger kLogger("queues");

constexpr base::Duration kHousekeeping = std::chrono::minutes(1);

}  // namespace

Queue::Queue(Parts parts, std::shared_ptr<const model::TopicConfig> config,
             DeadLetters::Target target)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      ordered_(config_->queue.ordered),
      watch_(line_.available()),
      ledger_(parts_.shard, {parts_.messages, parts_.settlements}, line_.available()),
      intake_({parts_.shard, parts_.messages, parts_.id, ledger_}),
      dispatcher_({.shard = parts_.shard,
                   .ledger = ledger_,
                   .messages = parts_.messages,
                   .id = parts_.id,
                   .line = line_,
                   .on_condemned = [this] { dead_letters_.hurry(); }},
                  ordered_),
      dead_letters_({parts_.shard, ledger_, parts_.messages, parts_.id}, std::move(target)) {
    parts_.messages->watch(watch_);
}

Task<Result<void>> Queue::load() {
    CO_TRY_VOID(co_await ledger_.load());
    if (!config_->queue.dead_letter) release_dead();
    dead_letters_.start();
    scope_.spawn(keep_house());
    co_return {};
}

void Queue::configure(std::shared_ptr<const model::TopicConfig> config) {
    config_ = std::move(config);
    if (!config_->queue.dead_letter) release_dead();
    dead_letters_.hurry();
}

// There is no dead-letter queue any more: who was on the way to it is a message like the others.
void Queue::release_dead() {
    for (const Condemned& condemned : ledger_.state().condemned(Offset{0}, SIZE_MAX))
        ledger_.release(condemned.range.first, false);
}

void Queue::close() {
    if (std::exchange(closed_, true)) return;
    scope_.destroy_all();
    dead_letters_.stop();
    line_.available().notify_all();
}

Task<std::vector<Result<Sent>>> Queue::send(std::vector<Send> sends) {
    const auto self = shared_from_this();
    co_return co_await intake_.send(std::move(sends), config_);
}

Task<Result<std::vector<Delivery>>> Queue::receive(Receive receive) {
    const auto self = shared_from_this();
    co_return co_await dispatcher_.receive(std::move(receive), config_);
}

void Queue::take_back(const std::vector<Delivery>& deliveries) {
    for (const Delivery& delivery : deliveries) ledger_.take_back(delivery.lease);
}

Task<std::vector<Result<void>>> Queue::settle(std::vector<Settle> settles) {
    const auto self = shared_from_this();
    std::vector<Result<void>> results;
    results.reserve(settles.size());
    for (const Settle& settle : settles) results.push_back(settle_one(settle));
    if (std::ranges::none_of(results, &Result<void>::has_value)) co_return results;
    const Result<void> durable = co_await ledger_.durable();
    if (!durable) {
        for (Result<void>& result : results) {
            if (result) result = durable;
        }
    }
    co_return results;
}

Result<void> Queue::settle_one(const Settle& settle) {
    TRY_VOID(parts_.messages->check_epoch(std::nullopt));
    const bool done = settle.outcome == Settle::Outcome::done;
    switch (standing(ledger_.state(), settle.lease)) {
    case Standing::unknown: return fail(ErrorCode::unknown_lease);
    case Standing::settled:
        if (!done) return fail(ErrorCode::message_gone);
        return {};
    case Standing::lapsed:
        if (ledger_.state().message(settle.lease.offset).place == MessageState::Place::dead)
            return fail(ErrorCode::message_gone);
        if (!done || ordered_) return fail(ErrorCode::lease_lost);
        break;
    case Standing::current: break;
    }
    settle_current(settle);
    return {};
}

void Queue::settle_current(const Settle& settle) {
    const Offset offset = settle.lease.offset;
    switch (settle.outcome) {
    case Settle::Outcome::done: return ledger_.settle(Range{offset, offset});
    case Settle::Outcome::release: return ledger_.release(offset, settle.failed);
    case Settle::Outcome::release_later:
        return ledger_.delay(offset, ledger_.after(settle.delay), settle.failed);
    case Settle::Outcome::extend: return ledger_.extend_lease(offset, ledger_.after(settle.delay));
    case Settle::Outcome::reject:
        if (!config_->queue.dead_letter) return ledger_.settle(Range{offset, offset});
        ledger_.condemn(offset, DeathReason::rejected);
        dead_letters_.hurry();
    }
}

Task<Result<void>> Queue::purge() {
    const auto self = shared_from_this();
    CO_TRY_VOID(parts_.messages->check_epoch(std::nullopt));
    ledger_.refresh();
    ledger_.settle_below(ledger_.state().end());
    ledger_.forget_duplicates();
    CO_TRY_VOID(co_await ledger_.durable());
    co_return co_await delete_settled();
}

Task<Result<void>> Queue::seek(int64_t sent_at_ms) {
    const auto self = shared_from_this();
    CO_TRY_VOID(parts_.messages->check_epoch(std::nullopt));
    CO_TRY(const auto found,
           co_await parts_.messages->log().find_by_time(sent_at_ms,
                                                        parts_.messages->high_watermark()));
    CO_TRY_VOID(parts_.messages->check_epoch(std::nullopt));
    if (!found) co_return {};
    ledger_.refresh();
    ledger_.rewind(std::max(found->offset, parts_.messages->log_start()));
    co_return co_await ledger_.durable();
}

Task<Result<std::vector<Peeked>>> Queue::peek(Offset from, uint32_t messages_max) {
    const auto self = shared_from_this();
    MessageReader reader(parts_.messages, parts_.id);
    std::vector<Peeked> peeked;
    while (peeked.size() < messages_max) {
        ledger_.refresh();
        from = std::max(from, ledger_.state().start());
        CO_TRY(auto found, co_await reader.first_from(from));
        if (!found) break;
        from = {found->offset.value + 1};
        const MessageState state = ledger_.state().message(found->offset);
        if (state.place == MessageState::Place::settled) continue;
        peeked.push_back(
            {.offset = found->offset, .state = state, .message = std::move(found->message)});
    }
    co_return peeked;
}

Depth Queue::depth() {
    ledger_.refresh();
    return ledger_.state().depth();
}

Task<Result<std::optional<int64_t>>> Queue::oldest_sent_at_ms() {
    Offset from{0};
    CO_TRY(const auto oldest, co_await peek(from, 1));
    if (oldest.empty()) co_return std::nullopt;
    co_return oldest.front().message.sent_at_ms;
}

void Queue::forget_hand_offs(const std::vector<HandOff>& hand_offs) {
    for (const HandOff& hand_off : hand_offs) ledger_.forget(hand_off);
}

Task<void> Queue::keep_house() {
    for (;;) {
        auto kept = co_await expire_old();
        if (kept) kept = co_await delete_settled();
        if (!kept) {
            kLogger.warn("queue_not_tidied", "old or settled messages remain",
                         {{"err", kept.error()}});
        }
        ledger_.expire_duplicates();
        dispatcher_.forget();
        co_await io::sleep_for(kHousekeeping);
    }
}

// Messages that have been there for longer than the queue keeps them.
Task<Result<void>> Queue::expire_old() {
    CO_TRY_VOID(parts_.messages->check_epoch(std::nullopt));
    const Offset end = parts_.messages->high_watermark();
    const int64_t kept_from_ms = ledger_.wall_ms() - base::to_ms(config_->queue.retention);
    if (ledger_.state().start() >= end) co_return {};
    CO_TRY(const auto kept, co_await parts_.messages->log().find_by_time(kept_from_ms, end));
    CO_TRY_VOID(parts_.messages->check_epoch(std::nullopt));
    ledger_.refresh();
    const Offset start = kept ? kept->offset : end;
    if (start > ledger_.state().start()) ledger_.settle_below(start);
    co_return {};
}

// Gives back the room of settled messages once that is worth the while: a segment's worth of them,
// or nothing else is left.
Task<Result<void>> Queue::delete_settled() {
    if (!config_->queue.delete_settled) co_return {};
    CO_TRY_VOID(parts_.messages->check_epoch(std::nullopt));
    log::Log& log = parts_.messages->log();
    const log::Log::Positions positions = log.positions();
    const Offset start = std::min(ledger_.state().start(), parts_.messages->high_watermark());
    if (start <= positions.start) co_return {};
    const auto settled = static_cast<double>(start.value - positions.start.value);
    const auto stored = static_cast<double>(positions.end.value - positions.start.value);
    const double settled_bytes = static_cast<double>(positions.size_bytes) * settled / stored;
    const bool all = start == positions.end;
    if (!all && settled_bytes < static_cast<double>(config_->segment_bytes)) co_return {};
    co_return co_await log.advance_start(start);
}

}  // namespace polylog::queue

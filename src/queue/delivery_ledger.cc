#include "queue/delivery_ledger.h"

#include "base/logging.h"
#include "log/epoch_history.h"

namespace polylog::queue {

using base::Result;
using io::Task;
using model::Offset;

namespace {

const base::Logger kLogger("queues");

// Leases and delays ended at once; the rest follows in the next turn.
constexpr size_t kExpireMax = 20'000;
// SQS API: a message with the deduplication id of another is not delivered within five minutes.
constexpr base::Duration kDeduplicationWindow = std::chrono::minutes(5);
// Hand-offs are forgotten when their source says so; this is for sources that are gone.
constexpr base::Duration kHandOffsKept = std::chrono::days(14);
// Notes between two looks at the size of the journal.
constexpr uint32_t kNotesPerLook = 4096;

constexpr base::MonoTime at(Tick tick) {
    return base::MonoTime(std::chrono::milliseconds(tick.value));
}

}  // namespace

DeliveryLedger::DeliveryLedger(io::Shard& shard, Logs logs, io::Signal& available)
    : shard_(shard),
      logs_(std::move(logs)),
      available_(available),
      state_(logs_.messages->log_start()),
      journal_(shard, logs_.settlements, [this](SettlementBatch& state) { capture(state); }) {}

// Replaces whatever was noted before, also of messages that were withdrawn.
void DeliveryLedger::capture(SettlementBatch& state) const {
    const auto add = [&](const Settlement& settlement) { state.add(settlement); };
    add(Rewound{state_.cursor()});
    state_.capture(add);
    add(DeduplicationCleared{});
    deduplication_.capture(add);
}

Task<Result<void>> DeliveryLedger::load() {
    model::LeaderEpoch epoch = model::kNoLeaderEpoch;
    CO_TRY_VOID(co_await journal_.replay(
        [this, &epoch](model::LeaderEpoch noted_in, const Settlement& settlement) {
            if (noted_in != epoch) clip_after(epoch);
            epoch = noted_in;
            state_.apply(settlement);
            deduplication_.apply(settlement);
        }));
    clip_after(epoch);
    refresh();
    arm();
    co_return {};
}

// What was noted in an epoch is about messages which that epoch stored: what it announced beyond
// them was lost in the crash that ended it.
void DeliveryLedger::clip_after(model::LeaderEpoch epoch) {
    if (epoch == model::kNoLeaderEpoch) return;
    log::Log& messages = logs_.messages->log();
    const auto ended = messages.epochs().end_of(epoch, messages.positions().end);
    const Offset end = ended.end.value < 0 ? messages.positions().start : ended.end;
    state_.clip(end);
    deduplication_.clip(end);
}

Tick DeliveryLedger::now() const {
    return {base::to_ms(shard_.now().time_since_epoch())};
}

// Rounded up: no lease is shorter than it was asked for.
Tick DeliveryLedger::after(base::Duration duration) const {
    const auto end = shard_.now().time_since_epoch() + duration + std::chrono::microseconds(999);
    return {base::to_ms(end)};
}

int64_t DeliveryLedger::wall_ms() const {
    return base::to_unix_ms(shard_.env().clock.wall());
}

void DeliveryLedger::refresh() {
    if (!logs_.messages->check_epoch(std::nullopt)) return;
    if (logs_.messages->log_start() > state_.start()) settle_below(logs_.messages->log_start());
    state_.extend(logs_.messages->high_watermark());
}

void DeliveryLedger::note(const Settlement& settlement) {
    journal_.note(settlement);
    if (++notes_ >= kNotesPerLook) shorten_if_grown();
}

Leased DeliveryLedger::lease(Offset offset, Tick deadline) {
    const Leased leased = state_.lease(offset, deadline, wall_ms());
    note(leased);
    if (observer_) observer_->held(offset);
    arm();
    return leased;
}

void DeliveryLedger::extend_lease(Offset offset, Tick deadline) {
    note(state_.extend_lease(offset, deadline));
    arm();
}

void DeliveryLedger::release(Offset offset, bool failed) {
    note(state_.release(offset, failed));
    if (observer_) observer_->ready_again({offset, offset});
    available_.notify_all();
}

void DeliveryLedger::take_back(const Lease& lease) {
    if (standing(state_, lease) != Standing::current) return;
    DeliveryCounts counts = state_.message(lease.offset).counts;
    if (--counts.leased == 0) counts.first_leased_at_ms = 0;
    const Range range{lease.offset, lease.offset};
    const Released released{.range = range, .counts = counts};
    state_.apply(released);
    note(released);
    if (observer_) observer_->ready_again(range);
    available_.notify_all();
}

void DeliveryLedger::delay(Offset offset, Tick due, bool failed) {
    note(state_.delay(offset, due, failed));
    if (observer_) observer_->held(offset);
    arm();
}

void DeliveryLedger::condemn(Offset offset, DeathReason reason) {
    note(state_.condemn(offset, reason));
    if (observer_) observer_->held(offset);
}

void DeliveryLedger::settle(Range range) {
    note(state_.settle(range));
    if (!observer_) return;
    observer_->settled(range);
    available_.notify_all();  // a group may be free again
}

void DeliveryLedger::settle_below(Offset offset) {
    note(state_.settle_below(offset));
    if (!observer_) return;
    observer_->settled_below(offset);
    available_.notify_all();
}

void DeliveryLedger::rewind(Offset offset) {
    note(state_.rewind(offset));
    if (observer_) observer_->rewound();
    available_.notify_all();
}

void DeliveryLedger::remember(const DeduplicationKey& key, Offset offset) {
    note(deduplication_.remember(key, offset, after(kDeduplicationWindow)));
}

void DeliveryLedger::remember(const HandOff& hand_off, Offset offset) {
    note(deduplication_.remember(hand_off, offset, after(kHandOffsKept)));
}

void DeliveryLedger::forget(const HandOff& hand_off) {
    if (deduplication_.find(hand_off)) note(deduplication_.forget(hand_off));
}

void DeliveryLedger::forget_duplicates() {
    note(deduplication_.clear());
}

void DeliveryLedger::expire_duplicates() {
    while (deduplication_.expire(now(), kExpireMax) == kExpireMax) {}
}

void DeliveryLedger::withdraw(Offset log_end) {
    state_.clip(log_end);
    deduplication_.clip(log_end);
    journal_.distrust();
}

void DeliveryLedger::expire() {
    const std::vector<Released> released = state_.expire(now(), kExpireMax);
    for (const Released& some : released) {
        note(some);
        if (observer_) observer_->ready_again(some.range);
    }
    armed_for_.reset();
    arm();
    if (!released.empty()) available_.notify_all();
}

void DeliveryLedger::arm() {
    const auto next = state_.next_expiry();
    if (!next || (armed_for_ && *armed_for_ <= *next)) return;
    armed_for_ = next;
    expiry_.arm(at(*next), [this] { expire(); });
}

void DeliveryLedger::shorten_if_grown() {
    notes_ = 0;
    const uint64_t live_bytes = state_.size_bytes() + deduplication_.size_bytes();
    if (shortening_ || !journal_.wants_rewrite(live_bytes)) return;
    shortening_ = true;
    scope_.spawn(shorten());
}

Task<void> DeliveryLedger::shorten() {
    co_await io::yield();  // whoever made the change has noted all of it
    const auto shortened = co_await journal_.rewrite();
    shortening_ = false;
    if (!shortened) {
        kLogger.warn("settlements_not_rewritten", "a settlement log could not be shortened",
                     {{"err", shortened.error()}});
    }
}

}  // namespace polylog::queue

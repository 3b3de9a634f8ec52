#include "queue/delivery_state.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace polylog::queue {

using model::Offset;

namespace {

// How far attempts jump at a restart: more than were handed out since anything was logged.
constexpr uint64_t kAttemptGap = 1 << 20;

template <class Count>
Count one_more(Count count) {
    return count < std::numeric_limits<Count>::max() ? static_cast<Count>(count + 1) : count;
}

// Releases of single messages as few ranges, in order.
std::vector<Released> merged(std::vector<Released> released) {
    std::ranges::sort(released, {}, [](const Released& one) { return one.range.first; });
    size_t count = 0;
    for (const Released& next : released) {
        if (count > 0 && released[count - 1].counts == next.counts &&
            released[count - 1].range.last.value + 1 == next.range.first.value) {
            released[count - 1].range.last = next.range.last;
        } else {
            released[count++] = next;
        }
    }
    released.resize(count);
    return released;
}

}  // namespace

Depth DeliveryState::depth() const {
    const auto unseen = std::max<int64_t>(0, end_.value - cursor().value);
    const uint64_t leased = held_.leased_count();
    return {.ready = status_.ready_count() - ready_behind_end_ + static_cast<uint64_t>(unseen),
            .leased = leased,
            .delayed = held_.delayed_count() + first_delays_,
            .dead = dead_.size()};
}

MessageState DeliveryState::message(Offset offset) const {
    using Place = MessageState::Place;
    if (offset >= cursor()) return {.place = offset < end_ ? Place::ready : Place::absent};
    const Status status = status_.at(offset);
    if (status == Status::settled) return {.place = Place::settled};
    if (status == Status::ready) {
        const auto counted = counts_.find(offset);
        return {.place = offset < end_ ? Place::ready : Place::absent,
                .counts = counted == counts_.end() ? DeliveryCounts{} : counted->second};
    }
    if (const HeldMessage* held = held_.find(offset)) {
        return {.place = held->leased() ? Place::leased : Place::delayed,
                .counts = held->counts,
                .attempt = held->attempt,
                .until = held->due};
    }
    if (const auto grave = dead_.find(offset); grave != dead_.end()) {
        return {.place = Place::dead,
                .counts = grave->second.counts,
                .reason = grave->second.reason};
    }
    return {.place = Place::delayed};
}

void DeliveryState::extend(Offset end) {
    if (end <= end_) return;
    if (ready_behind_end_ > 0) {
        ready_behind_end_ -= status_.ready_count({end_, {end.value - 1}});
    }
    end_ = end;
}

std::optional<Offset> DeliveryState::next(Offset from) const {
    const std::optional<Offset> again = status_.first_ready(from);
    const Offset first = again.value_or(std::max(from, cursor()));
    return first < end_ ? std::optional(first) : std::nullopt;
}

// --- Where offsets go ---

// Everything below `cursor` has a status of its own; what had none is ready.
void DeliveryState::reach(Offset cursor) {
    const Offset before = status_.end();
    if (cursor <= before) return;
    status_.extend(cursor, Status::ready);
    const Offset behind_end = std::max(before, end_);
    if (behind_end < cursor) {
        ready_behind_end_ += static_cast<uint64_t>(cursor.value - behind_end.value);
    }
}

void DeliveryState::set_status(Range range, Status status) {
    const Range behind_end{std::max(range.first, end_), range.last};
    if (behind_end.first <= behind_end.last) {
        ready_behind_end_ -= status_.ready_count(behind_end);
        if (status == Status::ready) ready_behind_end_ += behind_end.count();
    }
    status_.set(range, status);
}

// Held without being in any table: delayed, and never handed out.
bool DeliveryState::is_first_delay(Offset offset) const {
    return held_.find(offset) == nullptr && !dead_.contains(offset);
}

void DeliveryState::end_first_delay() {
    if (--first_delays_ == 0) held_.clear_runs();
}

// Takes an offset of [start, cursor) out of the table it is in, for its next status.
DeliveryCounts DeliveryState::withdraw(Offset offset) {
    const Status status = status_.at(offset);
    if (status == Status::settled || (status == Status::ready && counts_.empty())) return {};
    if (status == Status::ready) {
        const auto counted = counts_.find(offset);
        if (counted == counts_.end()) return {};
        const DeliveryCounts counts = counted->second;
        counts_.erase(counted);
        return counts;
    }
    if (const auto held = held_.remove(offset)) return held->counts;
    if (const auto grave = dead_.find(offset); grave != dead_.end()) {
        const DeliveryCounts counts = grave->second.counts;
        dead_.erase(grave);
        return counts;
    }
    end_first_delay();
    return {};
}

// The same for all of a range that lies within [start, cursor).
void DeliveryState::withdraw(Range range) {
    if (range.first == start() && range.last.value + 1 == cursor().value) {
        held_.clear();
        first_delays_ = 0;
        dead_.clear();
        counts_.clear();
        return;
    }
    Offset next = range.first;
    while (next <= range.last) {
        const StatusMap::Run run = status_.run_from(next);
        const Offset last = std::min(run.range.last, range.last);
        if (run.status == Status::held) {
            for (Offset offset = next; offset <= last; ++offset.value) withdraw(offset);
        } else if (run.status == Status::ready && !counts_.empty()) {
            withdraw_ready({next, last});
        }
        next = {last.value + 1};
    }
}

void DeliveryState::withdraw_ready(Range range) {
    if (range.count() < counts_.size()) {
        for (Offset offset = range.first; offset <= range.last; ++offset.value) {
            counts_.erase(offset);
        }
    } else {
        boost::unordered::erase_if(counts_, [range](const auto& counted) {
            return range.first <= counted.first && counted.first <= range.last;
        });
    }
}

// What of a range can still change: nothing below start(). All of it lies below the cursor
// afterwards, in no table.
std::optional<Range> DeliveryState::claim(Range range) {
    range.first = std::max(range.first, start());
    if (range.first > range.last) return std::nullopt;
    if (range.first < cursor()) {
        withdraw({range.first, std::min(range.last, Offset{cursor().value - 1})});
    }
    reach({range.last.value + 1});
    return range;
}

// --- Moves ---

Leased DeliveryState::lease(Offset offset, Tick deadline, int64_t now_wall_ms) {
    CHECK(offset < end_);
    DeliveryCounts counts;
    if (offset == cursor()) {
        status_.extend({offset.value + 1}, Status::held);
    } else {
        reach({offset.value + 1});
        CHECK(status_.at(offset) == Status::ready);
        counts = withdraw(offset);
        status_.set(offset, Status::held);
    }
    if (counts.leased == 0) counts.first_leased_at_ms = now_wall_ms;
    counts.leased = one_more(counts.leased);
    const Attempt attempt = next_attempt_;
    ++next_attempt_.value;
    held_.add({.offset = offset, .due = deadline, .attempt = attempt, .counts = counts});
    return {.range = {offset, offset},
            .deadline = deadline,
            .first_attempt = attempt,
            .counts = counts};
}

Leased DeliveryState::extend_lease(Offset offset, Tick deadline) {
    std::optional<HeldMessage> held = held_.remove(offset);
    CHECK(held && held->leased());
    held->due = deadline;
    held_.add(*held);
    return {.range = {offset, offset},
            .deadline = deadline,
            .first_attempt = held->attempt,
            .counts = held->counts};
}

// The counts of a message that is about to be moved.
DeliveryCounts DeliveryState::counts_after(Offset offset, bool failed) const {
    const MessageState state = message(offset);
    CHECK(state.place != MessageState::Place::settled);
    DeliveryCounts counts = state.counts;
    if (failed) counts.failed = one_more(counts.failed);
    return counts;
}

Released DeliveryState::release(Offset offset, bool failed) {
    const Released released{.range = {offset, offset}, .counts = counts_after(offset, failed)};
    apply_one(released);
    return released;
}

Delayed DeliveryState::delay(Offset offset, Tick due, bool failed) {
    const Delayed delayed{.range = {offset, offset},
                          .due = due,
                          .counts = counts_after(offset, failed)};
    apply_one(delayed);
    return delayed;
}

Condemned DeliveryState::condemn(Offset offset, DeathReason reason) {
    const Condemned condemned{.range = {offset, offset},
                              .reason = reason,
                              .counts = counts_after(offset, false)};
    apply_one(condemned);
    return condemned;
}

Settled DeliveryState::settle(Range range) {
    const Settled settled{range};
    apply_one(settled);
    return settled;
}

SettledBelow DeliveryState::settle_below(Offset offset) {
    apply_one(SettledBelow{offset});
    return {offset};
}

Rewound DeliveryState::rewind(Offset offset) {
    CHECK(offset <= end_);
    apply_one(Rewound{offset});
    return {offset};
}

// --- Expiry ---

std::vector<Released> DeliveryState::expire(Tick now, size_t max) {
    const HeldMessages::Expired expired = held_.expire(now, max);
    std::vector<Released> released;
    released.reserve(expired.messages.size() + expired.runs.size());
    for (const HeldMessage& message : expired.messages) {
        set_status({message.offset, message.offset}, Status::ready);
        counts_[message.offset] = message.counts;
        released.push_back({.range = {message.offset, message.offset}, .counts = message.counts});
    }
    for (const Range& run : expired.runs) {
        for_each_first_delay(run, [&](Range delayed) {
            set_status(delayed, Status::ready);
            first_delays_ -= delayed.count();
            released.push_back({.range = delayed, .counts = {}});
        });
    }
    if (first_delays_ == 0) held_.clear_runs();
    return merged(std::move(released));
}

// The parts of a run that are still delayed: some of its messages may have been settled or
// condemned meanwhile.
template <class F>
void DeliveryState::for_each_first_delay(Range run, F&& f) const {
    Offset next = std::max(run.first, start());
    const Offset end = std::min(Offset{run.last.value + 1}, cursor());
    while (next < end) {
        const StatusMap::Run alike = status_.run_from(next);
        const Offset stop = std::min(Offset{alike.range.last.value + 1}, end);
        Offset first = next;
        next = stop;
        if (alike.status != Status::held) continue;
        if (held_.empty() && dead_.empty()) {
            f(Range{first, {stop.value - 1}});
            continue;
        }
        while (first < stop) {
            Offset last = first;
            while (last < stop && is_first_delay(last)) ++last.value;
            if (first < last) f(Range{first, {last.value - 1}});
            first = {last.value + 1};
        }
    }
}

std::vector<Condemned> DeliveryState::condemned(Offset from, size_t max) const {
    std::vector<Condemned> dead;
    for (auto grave = dead_.lower_bound(from); grave != dead_.end() && dead.size() < max; ++grave) {
        dead.push_back({.range = {grave->first, grave->first},
                        .reason = grave->second.reason,
                        .counts = grave->second.counts});
    }
    return dead;
}

// --- Recovery ---

void DeliveryState::apply(const Settlement& settlement) {
    std::visit(
        [this](const auto& one) {
            if constexpr (requires { this->apply_one(one); }) apply_one(one);
        },
        settlement);
}

void DeliveryState::apply_one(const Settled& settled) {
    Range range = settled.range;
    range.first = std::max(range.first, start());
    if (range.first > range.last) return;
    reach(range.first);
    if (range.first < cursor()) {
        const Range seen{range.first, std::min(range.last, Offset{cursor().value - 1})};
        withdraw(seen);
        set_status(seen, Status::settled);
    }
    status_.extend({range.last.value + 1}, Status::settled);
}

void DeliveryState::apply_one(const SettledBelow& settled) {
    if (settled.offset <= start()) return;
    if (settled.offset < cursor()) {
        apply_one(Settled{{start(), {settled.offset.value - 1}}});
    } else {
        forget_from(start());
        status_.restart(settled.offset);
    }
}

void DeliveryState::apply_one(const Released& released) {
    const std::optional<Range> range = claim(released.range);
    if (!range) return;
    set_status(*range, Status::ready);
    if (released.counts == DeliveryCounts{}) return;
    for (Offset offset = range->first; offset <= range->last; ++offset.value) {
        counts_[offset] = released.counts;
    }
}

void DeliveryState::apply_one(const Delayed& delayed) {
    const std::optional<Range> range = claim(delayed.range);
    if (!range) return;
    set_status(*range, Status::held);
    if (delayed.counts == DeliveryCounts{}) {
        held_.delay(*range, delayed.due);
        first_delays_ += range->count();
        return;
    }
    for (Offset offset = range->first; offset <= range->last; ++offset.value) {
        held_.add({.offset = offset, .due = delayed.due, .attempt = {}, .counts = delayed.counts});
    }
}

void DeliveryState::apply_one(const Leased& leased) {
    const uint64_t count = leased.range.count();
    next_attempt_ = std::max(next_attempt_, Attempt{leased.first_attempt.value + count});
    const std::optional<Range> range = claim(leased.range);
    if (!range) return;
    set_status(*range, Status::held);
    for (Offset offset = range->first; offset <= range->last; ++offset.value) {
        const auto distance = static_cast<uint64_t>(offset.value - leased.range.first.value);
        held_.add({.offset = offset,
                   .due = leased.deadline,
                   .attempt = {leased.first_attempt.value + distance},
                   .counts = leased.counts});
    }
}

void DeliveryState::apply_one(const Condemned& condemned) {
    const std::optional<Range> range = claim(condemned.range);
    if (!range) return;
    set_status(*range, Status::held);
    for (Offset offset = range->first; offset <= range->last; ++offset.value) {
        dead_[offset] = {.reason = condemned.reason, .counts = condemned.counts};
    }
}

void DeliveryState::apply_one(const Rewound& rewound) {
    if (rewound.offset < start()) {
        forget_from(start());
        status_.restart(rewound.offset);
    } else {
        forget_from(rewound.offset);
    }
}

void DeliveryState::apply_one(const Position& position) {
    next_attempt_ = std::max(next_attempt_, position.next_attempt);
    if (position.start < start()) apply_one(Rewound{position.start});
    apply_one(SettledBelow{position.start});
    reach(position.cursor);
}

// The cursor is not behind `offset` afterwards.
void DeliveryState::forget_from(Offset offset) {
    if (offset >= cursor()) return;
    withdraw({offset, {cursor().value - 1}});
    status_.truncate(offset);
    ready_behind_end_ = end_ < cursor() ? status_.ready_count({end_, {cursor().value - 1}}) : 0;
}

bool DeliveryState::clip(Offset log_end) {
    next_attempt_.value += kAttemptGap;
    end_ = std::min(end_, log_end);
    if (cursor() <= log_end) return false;
    if (start() > log_end) {
        forget_from(start());
        status_.restart(log_end);
    } else {
        forget_from(log_end);
    }
    return true;
}

void DeliveryState::capture(const std::function<void(const Settlement&)>& emit) const {
    emit(Position{.start = start(), .cursor = cursor(), .next_attempt = next_attempt_});
    for (Offset next = start(); next < cursor();) {
        const StatusMap::Run run = status_.run_from(next);
        if (run.status == Status::settled) emit(Settled{run.range});
        if (run.status == Status::ready) emit(Released{.range = run.range, .counts = {}});
        next = {run.range.last.value + 1};
    }
    held_.for_each_run([&](Range run, Tick due) {
        for_each_first_delay(run, [&](Range delayed) {
            emit(Delayed{.range = delayed, .due = due, .counts = {}});
        });
    });
    for (const HeldMessage& held : held_.sorted()) {
        const Range range{held.offset, held.offset};
        if (held.leased()) {
            emit(Leased{.range = range,
                        .deadline = held.due,
                        .first_attempt = held.attempt,
                        .counts = held.counts});
        } else {
            emit(Delayed{.range = range, .due = held.due, .counts = held.counts});
        }
    }
    for (const Condemned& dead : condemned({0}, SIZE_MAX)) emit(dead);
    capture_counts(emit);
}

void DeliveryState::capture_counts(const std::function<void(const Settlement&)>& emit) const {
    std::vector<Offset> counted;
    counted.reserve(counts_.size());
    for (const auto& [offset, counts] : counts_) counted.push_back(offset);
    std::ranges::sort(counted);
    for (const Offset offset : counted) {
        emit(Released{.range = {offset, offset}, .counts = counts_.find(offset)->second});
    }
}

size_t DeliveryState::size_bytes() const {
    // A node of a map: its links, its colour and what it holds; a place in a hash table at half
    // load.
    constexpr size_t kGraveBytes = 4 * sizeof(void*) + sizeof(std::pair<Offset, Grave>);
    constexpr size_t kCountBytes = 2 * sizeof(std::pair<Offset, DeliveryCounts>);
    return sizeof(*this) + status_.size_bytes() + held_.size_bytes() + dead_.size() * kGraveBytes +
           counts_.size() * kCountBytes;
}

Standing standing(const DeliveryState& state, const Lease& lease) {
    using Place = MessageState::Place;
    const MessageState message = state.message(lease.offset);
    if (lease.attempt == Attempt{} || lease.attempt >= state.next_attempt()) {
        return Standing::unknown;
    }
    switch (message.place) {
    case Place::absent: return Standing::unknown;
    case Place::settled: return Standing::settled;
    case Place::leased:
        return message.attempt == lease.attempt ? Standing::current : Standing::lapsed;
    case Place::ready:
    case Place::delayed:
    case Place::dead: break;
    }
    return Standing::lapsed;
}

}  // namespace polylog::queue

#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "io/sim/random_stream.h"
#include "queue/delivery_state.h"
#include "queue/settlement.h"
#include "test/queue/delivery_model.h"

namespace polylog::queue {

// A random walk of a DeliveryState, with a DeliveryModel beside it that is told the same: after
// every step both must say the same of what was touched, and now and then of everything. What the
// state returns is logged, through the bytes of the settlement log; from time to time the state is
// thrown away and made again from a snapshot and what followed it, some of it applied twice, and
// clipped as after a crash.
class DeliveryWalk {
public:
    struct Plan {
        uint64_t steps = 10'000;
        int64_t stride = 20;  // messages that arrive at a time, at most
        double forgets = 0;   // share of the settlements that are planted to be lost
        bool checks_often = true;
    };

    DeliveryWalk(sim::RandomStream stream, Plan plan)
        : stream_(stream), plan_(plan), state_(std::make_unique<DeliveryState>(model::Offset{0})) {
        snapshot();
    }

    // What went wrong, and at which step; nothing if all is well.
    std::optional<std::string> run() {
        for (step_ = 0; step_ < plan_.steps && !failure_; ++step_) {
            take_step();
            if (step_ % (plan_.checks_often ? 64 : 4096) == 0) compare_everything();
            if (step_ % 512 == 511) restart();
        }
        if (!failure_) compare_everything();
        expect(leases_ > plan_.steps / 10, "the walk makes no progress");
        return failure_;
    }

private:
    using Place = MessageState::Place;

    void expect(bool holds, std::string_view what, int64_t offset = -1) {
        if (holds || failure_) return;
        failure_ = fmt::format("step {}: {} (offset {})", step_, what, offset);
    }
    int64_t some(int64_t bound) {
        return static_cast<int64_t>(
            stream_.below(static_cast<uint64_t>(std::max<int64_t>(1, bound))));
    }
    std::optional<int64_t> one_of(Place place) {
        const std::vector<int64_t> offsets = model_.in(place);
        if (offsets.empty()) return std::nullopt;
        return offsets[stream_.below(offsets.size())];
    }
    std::optional<int64_t> held() {
        const Place places[] = {Place::leased, Place::leased, Place::delayed, Place::dead};
        return one_of(places[stream_.below(std::size(places))]);
    }
    Tick later() { return {now_.tick.value + 1 + some(stream_.chance(0.1) ? 5'000'000 : 300)}; }

    void note(const Settlement& settlement) {
        if (!stream_.chance(plan_.forgets)) batch_.add(settlement);
        if (stream_.chance(0.1)) write_batch();
    }
    void write_batch() {
        for (const base::Slice& record : batch_.encode(now_)) {
            const auto decoded = decode_settlements(record.bytes(), now_);
            expect(decoded.has_value(), "what was encoded does not decode");
            if (decoded) log_.insert(log_.end(), decoded->begin(), decoded->end());
        }
    }

    void take_step() {
        now_.tick.value += some(20);
        now_.wall_ms += some(20);
        const uint64_t draw = stream_.below(1000);
        if (draw < 120) {
            extend();
        } else if (draw < 420) {
            lease();
        } else if (draw < 600) {
            settle();
        } else if (draw < 690) {
            release();
        } else if (draw < 760) {
            delay();
        } else if (draw < 800) {
            extend_lease();
        } else if (draw < 830) {
            condemn();
        } else if (draw < 995) {
            expire();
        } else if (draw < 998) {
            settle_below();
        } else {
            rewind();
        }
    }

    void extend() {
        if (model_.end() - model_.start() > 8 * plan_.stride) return;
        const int64_t end = model_.end() + 1 + some(plan_.stride);
        state_->extend({end});
        model_.extend(end);
    }
    void lease() {
        const int64_t from = stream_.chance(0.8) ? 0 : model_.start() + some(3 * plan_.stride);
        const auto found = state_->next({from});
        const auto expected = model_.next(from);
        expect(found.has_value() == expected.has_value(), "next() finds another number of messages",
               from);
        if (failure_ || !found) return;
        expect(found->value == *expected, "next() finds another message", from);
        const Tick deadline = stream_.chance(0.05) ? kNoDeadline : later();
        ++leases_;
        const Leased leased = state_->lease(*found, deadline, now_.wall_ms);
        model_.lease(*expected, deadline, now_.wall_ms);
        compare(*expected);
        const Lease taken{*found, leased.first_attempt};
        expect(standing(*state_, taken) == Standing::current, "a fresh lease is not current",
               *expected);
        note(leased);
    }
    void settle() {
        const auto offset = stream_.chance(0.7) ? one_of(Place::leased) : held();
        if (stream_.chance(0.1)) return settle_range();
        if (!offset) return;
        note(state_->settle(model::Offset{*offset}));
        model_.settle({{*offset}, {*offset}});
        compare(*offset);
    }
    void settle_range() {
        const int64_t first = std::max<int64_t>(0, model_.start() + some(plan_.stride) - 2);
        const Range range{{first}, {first + some(std::min<int64_t>(plan_.stride, 40))}};
        note(state_->settle(range));
        model_.settle(range);
        compare(range.first.value);
        compare(range.last.value);
    }
    void release() {
        const auto offset = held();
        if (!offset) return;
        const bool failed = stream_.chance(0.3);
        note(state_->release({*offset}, failed));
        model_.release(*offset, failed);
        compare(*offset);
    }
    void delay() {
        std::optional<int64_t> offset = one_of(Place::leased);
        if (stream_.chance(0.6) || !offset) {
            offset = model_.end() + some(10) - 3;
            if (!model_.can_be_delayed_first(*offset)) return;
        }
        const Tick due = later();
        const bool failed = stream_.chance(0.1) && model_.message(*offset).place == Place::leased;
        note(state_->delay({*offset}, due, failed));
        model_.delay(*offset, due, failed);
        compare(*offset);
    }
    void extend_lease() {
        const auto offset = one_of(Place::leased);
        if (!offset) return;
        const Tick deadline = later();
        note(state_->extend_lease({*offset}, deadline));
        model_.extend_lease(*offset, deadline);
        compare(*offset);
    }
    void condemn() {
        const auto offset = stream_.chance(0.7) ? one_of(Place::leased) : model_.next(0);
        if (!offset) return;
        const auto reason = static_cast<DeathReason>(stream_.below(4));
        note(state_->condemn({*offset}, reason));
        model_.condemn(*offset, reason);
        compare(*offset);
    }
    void settle_below() {
        const int64_t offset = model_.start() + some(2 * plan_.stride);
        note(state_->settle_below({offset}));
        model_.settle_below(offset);
    }
    void rewind() {
        const int64_t offset = std::max<int64_t>(
            0, std::min(model_.end(), model_.start() + some(plan_.stride) - plan_.stride / 2));
        note(state_->rewind({offset}));
        model_.rewind(offset);
    }
    void expire() {
        const size_t max = 1 + stream_.below(30);
        const std::vector<Released> released = state_->expire(now_.tick, max);
        size_t count = 0;
        int64_t last = -1;
        for (const Released& range : released) {
            expect(range.range.first.value > last, "expire() is out of order", last);
            last = range.range.last.value;
            count += range.range.count();
            for (int64_t offset = range.range.first.value; offset <= last; ++offset) {
                expect(model_.is_over(offset, now_.tick), "expire() ends what is not over", offset);
                expect(model_.message(offset).counts == range.counts, "expire() has other counts",
                       offset);
                if (failure_) return;
                model_.release(offset, false);
            }
            note(range);
        }
        expect(count <= max, "expire() ends more than it may");
        const auto next = state_->next_expiry();
        if (!next || *next > now_.tick) {
            expect(!model_.anything_over(now_.tick), "expire() forgets something");
        }
    }

    void compare(int64_t offset) {
        MessageState told = state_->message({offset});
        MessageState expected = model_.message(offset);
        // What is over already is due now after it was read back.
        told.until = std::max(told.until, now_.tick);
        expected.until = std::max(expected.until, now_.tick);
        expect(told == expected, "another state", offset);
    }
    void compare_everything() {
        expect(state_->start().value == model_.start(), "another start", model_.start());
        expect(state_->end().value == model_.end(), "another end", model_.end());
        expect(state_->depth() == model_.depth(), "another depth");
        expect(state_->next_attempt() == model_.next_attempt(), "another attempt");
        const int64_t behind = std::max(state_->cursor().value, state_->end().value) + 3;
        for (int64_t offset = model_.start() - 1; offset < behind; ++offset) compare(offset);
        std::vector<int64_t> dead;
        for (const Condemned& one : state_->condemned({0}, SIZE_MAX)) {
            dead.push_back(one.range.first.value);
        }
        expect(dead == model_.in(Place::dead), "other dead messages");
    }

    void snapshot() {
        write_batch();
        snapshot_.clear();
        log_.clear();
        SettlementBatch batch;
        state_->capture([&](const Settlement& one) { batch.add(one); });
        for (const base::Slice& record : batch.encode(now_)) {
            const auto decoded = decode_settlements(record.bytes(), now_);
            expect(decoded.has_value(), "a snapshot does not decode");
            if (decoded) snapshot_.insert(snapshot_.end(), decoded->begin(), decoded->end());
        }
    }
    // The state again, from its last snapshot and the log, a suffix of which is applied twice.
    void restart() {
        write_batch();
        auto restarted = std::make_unique<DeliveryState>(model::Offset{0});
        for (const Settlement& one : snapshot_) restarted->apply(one);
        for (const Settlement& one : log_) restarted->apply(one);
        const size_t again = log_.empty() ? 0 : stream_.below(log_.size());
        for (size_t i = again; i < log_.size(); ++i) restarted->apply(log_[i]);
        restarted->extend({model_.end()});
        expect(image(*restarted) == image(*state_), "another state after a restart");
        state_ = std::move(restarted);
        if (stream_.chance(0.3)) clip();
        if (stream_.chance(0.5)) snapshot();
        compare_everything();
    }
    void clip() {
        const int64_t log_end = std::max<int64_t>(0, model_.end() + 3 - some(plan_.stride));
        const bool reached_beyond = state_->cursor().value > log_end;
        expect(state_->clip({log_end}) == reached_beyond, "clip() says the wrong thing", log_end);
        model_.clip(log_end, state_->next_attempt());
        snapshot();
    }

    // What a snapshot says of each offset; what is over counts as due now.
    using Told = std::tuple<Place, int64_t, uint64_t, DeliveryCounts, int>;
    std::map<int64_t, Told> image(const DeliveryState& state) const {
        std::map<int64_t, Told> told;
        state.capture([&](const Settlement& settlement) {
            if (const auto* leased = std::get_if<Leased>(&settlement)) {
                tell(told, leased->range,
                     {Place::leased, due(leased->deadline), leased->first_attempt.value,
                      leased->counts, 0});
            } else if (const auto* delayed = std::get_if<Delayed>(&settlement)) {
                tell(told, delayed->range,
                     {Place::delayed, due(delayed->due), 0, delayed->counts, 0});
            } else if (const auto* released = std::get_if<Released>(&settlement)) {
                tell(told, released->range, {Place::ready, 0, 0, released->counts, 0});
            } else if (const auto* dead = std::get_if<Condemned>(&settlement)) {
                tell(told, dead->range,
                     {Place::dead, 0, 0, dead->counts, static_cast<int>(dead->reason)});
            } else if (const auto* settled = std::get_if<Settled>(&settlement)) {
                tell(told, settled->range, {Place::settled, 0, 0, {}, 0});
            } else if (const auto* position = std::get_if<Position>(&settlement)) {
                told[-1] = {Place::absent,
                            position->start.value,
                            static_cast<uint64_t>(position->cursor.value),
                            {},
                            0};
                told[-2] = {Place::absent, 0, position->next_attempt.value, {}, 0};
            }
        });
        return told;
    }
    static void tell(std::map<int64_t, Told>& told, Range range, const Told& what) {
        for (int64_t offset = range.first.value; offset <= range.last.value; ++offset) {
            told[offset] = what;
        }
    }
    int64_t due(Tick tick) const { return std::max(tick.value, now_.tick.value); }

    sim::RandomStream stream_;
    const Plan plan_;
    std::unique_ptr<DeliveryState> state_;
    DeliveryModel model_;
    Moment now_{.tick = {1'000}, .wall_ms = 1'700'000'000'000};
    SettlementBatch batch_;
    std::vector<Settlement> snapshot_;
    std::vector<Settlement> log_;
    uint64_t step_ = 0;
    uint64_t leases_ = 0;
    std::optional<std::string> failure_;
};

}  // namespace polylog::queue

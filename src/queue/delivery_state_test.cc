#include "queue/delivery_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace polylog::queue {
namespace {

using model::Offset;
using Place = MessageState::Place;

constexpr int64_t kWallMs = 1'700'000'000'000;

Range range(int64_t first, int64_t last) {
    return {{first}, {last}};
}

void lease_all(DeliveryState& state, Tick deadline) {
    while (const auto next = state.next()) state.lease(*next, deadline, kWallMs);
}

std::vector<int64_t> expire_all(DeliveryState& state, Tick now, size_t slice) {
    std::vector<int64_t> ended;
    while (state.next_expiry() && *state.next_expiry() <= now) {
        for (const Released& released : state.expire(now, slice)) {
            for (int64_t i = released.range.first.value; i <= released.range.last.value; ++i) {
                ended.push_back(i);
            }
        }
    }
    std::ranges::sort(ended);
    return ended;
}

TEST(DeliveryState, HandsOutInTheOrderOfOffsets) {
    DeliveryState state(Offset{0});
    state.extend(Offset{3});
    for (int64_t i = 0; i < 3; ++i) {
        ASSERT_EQ(state.next(), Offset{i});
        const Leased leased = state.lease(Offset{i}, Tick{100}, kWallMs);
        EXPECT_EQ(leased.first_attempt, Attempt{static_cast<uint64_t>(i) + 1});
        EXPECT_EQ(leased.counts, (DeliveryCounts{.first_leased_at_ms = kWallMs, .leased = 1}));
    }
    EXPECT_EQ(state.next(), std::nullopt);
    EXPECT_EQ(state.depth(), (Depth{.leased = 3}));
}

TEST(DeliveryState, WhatComesBackIsFirstInOrder) {
    DeliveryState state(Offset{0});
    state.extend(Offset{5});
    for (int64_t i = 0; i < 4; ++i) state.lease(Offset{i}, Tick{100}, kWallMs);
    state.release(Offset{2}, true);
    state.release(Offset{1});
    EXPECT_EQ(state.next(), Offset{1});
    EXPECT_EQ(state.next(Offset{2}), Offset{2});
    EXPECT_EQ(state.next(Offset{3}), Offset{4});
    EXPECT_EQ(state.message(Offset{2}).counts,
              (DeliveryCounts{.first_leased_at_ms = kWallMs, .leased = 1, .failed = 1}));
    EXPECT_EQ(state.lease(Offset{2}, Tick{100}, kWallMs + 7).counts,
              (DeliveryCounts{.first_leased_at_ms = kWallMs, .leased = 2, .failed = 1}));
}

TEST(DeliveryState, NothingIsHandedOutBeforeItIsDurable) {
    DeliveryState state(Offset{10});
    EXPECT_EQ(state.next(), std::nullopt);
    state.delay(Offset{14}, Tick{50});
    EXPECT_EQ(state.cursor(), Offset{15});
    EXPECT_EQ(state.next(), std::nullopt);
    EXPECT_EQ(state.depth(), (Depth{.delayed = 1}));
    state.extend(Offset{12});
    EXPECT_EQ(state.depth(), (Depth{.ready = 2, .delayed = 1}));
    EXPECT_EQ(state.next(), Offset{10});
    EXPECT_EQ(state.next(Offset{12}), std::nullopt);
    state.extend(Offset{20});
    EXPECT_EQ(state.depth(), (Depth{.ready = 9, .delayed = 1}));
}

TEST(DeliveryState, SettlingThePrefixMovesTheStart) {
    DeliveryState state(Offset{0});
    state.extend(Offset{10});
    lease_all(state, Tick{100});
    state.settle(Offset{1});
    state.settle(Offset{2});
    EXPECT_EQ(state.start(), Offset{0});
    state.settle(Offset{0});
    EXPECT_EQ(state.start(), Offset{3});
    state.settle(Offset{1});
    state.settle(range(3, 9));
    EXPECT_EQ(state.start(), Offset{10});
    EXPECT_EQ(state.depth(), Depth{});
}

TEST(DeliveryState, ALeaseStandsUntilItLapsesOrTheMessageIsSettled) {
    DeliveryState state(Offset{0});
    state.extend(Offset{2});
    const Lease first{{0}, state.lease(Offset{0}, Tick{100}, kWallMs).first_attempt};
    EXPECT_EQ(standing(state, first), Standing::current);
    state.release(Offset{0});
    EXPECT_EQ(standing(state, first), Standing::lapsed);
    const Lease second{{0}, state.lease(Offset{0}, Tick{100}, kWallMs).first_attempt};
    EXPECT_EQ(standing(state, first), Standing::lapsed);
    EXPECT_EQ(standing(state, second), Standing::current);
    state.settle(Offset{0});
    EXPECT_EQ(standing(state, second), Standing::settled);
    EXPECT_EQ(standing(state, {{0}, {77}}), Standing::unknown);
    EXPECT_EQ(standing(state, {{5}, {1}}), Standing::unknown);
    EXPECT_EQ(standing(state, {{1}, {}}), Standing::unknown);
}

TEST(DeliveryState, LeasesAndDelaysEndAtTheirTick) {
    DeliveryState state(Offset{0});
    state.extend(Offset{5});
    state.lease(Offset{0}, Tick{100}, kWallMs);
    state.lease(Offset{1}, Tick{200}, kWallMs);
    state.lease(Offset{2}, kNoDeadline, kWallMs);
    state.delay(Offset{2}, Tick{150});
    state.delay(Offset{3}, Tick{120});
    EXPECT_TRUE(expire_all(state, Tick{99}, 10).empty());
    EXPECT_EQ(expire_all(state, Tick{150}, 10), (std::vector<int64_t>{0, 2, 3}));
    EXPECT_EQ(state.next(), Offset{0});
    EXPECT_EQ(state.message(Offset{0}).counts.leased, 1);
    EXPECT_EQ(state.message(Offset{3}).counts.leased, 0);
    EXPECT_EQ(expire_all(state, Tick{1'000'000}, 10), (std::vector<int64_t>{1}));
    EXPECT_EQ(state.next_expiry(), std::nullopt);
}

TEST(DeliveryState, AnExtendedLeaseEndsLaterAndIsTheSameLease) {
    DeliveryState state(Offset{0});
    state.extend(Offset{1});
    const Lease lease{{0}, state.lease(Offset{0}, Tick{100}, kWallMs).first_attempt};
    state.extend_lease(Offset{0}, Tick{500});
    EXPECT_TRUE(expire_all(state, Tick{499}, 1).empty());
    EXPECT_EQ(standing(state, lease), Standing::current);
    EXPECT_EQ(expire_all(state, Tick{500}, 1), std::vector<int64_t>{0});
}

TEST(DeliveryState, ManyLeasesEndInSlices) {
    DeliveryState state(Offset{0});
    state.extend(Offset{5'000});
    lease_all(state, Tick{30'000});
    size_t slices = 0;
    size_t ended = 0;
    while (state.next_expiry() && *state.next_expiry() <= Tick{40'000}) {
        size_t count = 0;
        for (const Released& one : state.expire(Tick{40'000}, 100)) count += one.range.count();
        EXPECT_LE(count, 100u);
        ended += count;
        ++slices;
    }
    EXPECT_EQ(ended, 5'000u);
    EXPECT_LE(slices, 160u);  // a message is looked at up to three times
    EXPECT_EQ(state.depth(), (Depth{.ready = 5'000}));
}

TEST(DeliveryState, ACondemnedMessageIsNobodysUntilItIsSettled) {
    DeliveryState state(Offset{0});
    state.extend(Offset{3});
    lease_all(state, Tick{100});
    state.condemn(Offset{1}, DeathReason::rejected);
    state.condemn(Offset{2}, DeathReason::delivered_too_often);
    EXPECT_EQ(state.depth(), (Depth{.leased = 1, .dead = 2}));
    expire_all(state, Tick{100}, 10);
    EXPECT_EQ(state.next(Offset{1}), std::nullopt);
    const std::vector<Condemned> dead = state.condemned(Offset{0}, 10);
    ASSERT_EQ(dead.size(), 2u);
    EXPECT_EQ(dead[0].range, range(1, 1));
    EXPECT_EQ(dead[0].reason, DeathReason::rejected);
    EXPECT_EQ(dead[1].counts.leased, 1);
    EXPECT_EQ(state.condemned(Offset{2}, 10).size(), 1u);
    EXPECT_EQ(state.condemned(Offset{0}, 1).size(), 1u);
    state.settle(range(1, 2));
    EXPECT_TRUE(state.condemned(Offset{0}, 10).empty());
}

TEST(DeliveryState, APurgeSettlesWhateverThereIs) {
    DeliveryState state(Offset{0});
    state.extend(Offset{100});
    for (int64_t i = 0; i < 10; ++i) state.lease(Offset{i}, Tick{100}, kWallMs);
    state.release(Offset{4});
    state.condemn(Offset{5}, DeathReason::expired);
    state.delay(Offset{120}, Tick{100});
    state.settle_below(Offset{130});
    EXPECT_EQ(state.start(), Offset{130});
    EXPECT_EQ(state.depth(), Depth{});
    EXPECT_EQ(state.next_expiry(), std::nullopt);
    state.extend(Offset{131});
    EXPECT_EQ(state.next(), Offset{130});
}

TEST(DeliveryState, ARewindMakesEverythingReadyAgain) {
    DeliveryState state(Offset{0});
    state.extend(Offset{10});
    lease_all(state, Tick{100});
    const Lease lease{{7}, {8}};
    state.settle(range(0, 6));
    state.delay(Offset{8}, Tick{50});
    state.rewind(Offset{2});
    EXPECT_EQ(state.start(), Offset{2});
    EXPECT_EQ(state.depth(), (Depth{.ready = 8}));
    EXPECT_EQ(standing(state, lease), Standing::lapsed);
    EXPECT_TRUE(expire_all(state, Tick{1'000}, 10).empty());
    EXPECT_GT(state.lease(Offset{2}, Tick{100}, kWallMs).first_attempt, Attempt{10});
}

TEST(DeliveryState, ForgetsWhatReachesBeyondTheLog) {
    DeliveryState state(Offset{0});
    state.extend(Offset{6});
    state.lease(Offset{0}, Tick{100}, kWallMs);
    state.delay(Offset{8}, Tick{40});
    state.delay(Offset{9}, Tick{40});
    EXPECT_FALSE(state.clip(Offset{10}));
    EXPECT_TRUE(state.clip(Offset{9}));
    EXPECT_EQ(state.cursor(), Offset{9});
    state.extend(Offset{10});
    // The offset is used again: nothing of its former delay is left.
    state.delay(Offset{9}, Tick{900});
    EXPECT_EQ(expire_all(state, Tick{40}, 10), std::vector<int64_t>{8});
    EXPECT_GT(state.lease(Offset{8}, Tick{900}, kWallMs).first_attempt.value, uint64_t{1} << 20);
    EXPECT_TRUE(state.clip(Offset{0}));
    EXPECT_EQ(state.start(), Offset{0});
    EXPECT_EQ(state.depth(), Depth{});
}

TEST(DeliveryState, ReadyMessagesCostNothing) {
    DeliveryState state(Offset{0});
    const size_t empty = state.size_bytes();
    state.extend(Offset{1'000'000'000});
    EXPECT_EQ(state.size_bytes(), empty);
    EXPECT_EQ(state.depth().ready, 1'000'000'000u);
    // Ahead of the cursor, too, where one far behind them is delayed.
    state.delay(Offset{10'000'000}, Tick{5});
    EXPECT_LT(state.size_bytes(), empty + 60'000);
    EXPECT_EQ(state.next(), Offset{0});
}

TEST(DeliveryState, ALeasedMessageTakesAtMost64BytesAndADelayedOne32) {
    constexpr int64_t kMessages = 50'000;
    DeliveryState leased(Offset{0});
    leased.extend(Offset{kMessages});
    DeliveryState delayed(Offset{0});
    for (int64_t i = 0; i < kMessages; ++i) {
        leased.lease(Offset{i}, Tick{1 + i * 7'919 % 43'200'000}, kWallMs);
        delayed.delay(Offset{i}, Tick{1 + i * 7'919 % 900'000});
    }
    EXPECT_LE(leased.size_bytes() / kMessages, 64u);
    EXPECT_LE(delayed.size_bytes() / kMessages, 32u);
    RecordProperty("leased_bytes", static_cast<int>(leased.size_bytes() / kMessages));
    RecordProperty("delayed_bytes", static_cast<int>(delayed.size_bytes() / kMessages));
}

TEST(DeliveryState, DelaysWithOneTickTakeNextToNothing) {
    DeliveryState state(Offset{0});
    for (int64_t i = 0; i < 100'000; ++i) state.delay(Offset{i}, Tick{900'000 + i / 100});
    EXPECT_LE(state.size_bytes(), 100'000u);
    EXPECT_EQ(expire_all(state, Tick{900'000}, 1'000).size(), 100u);
}

}  // namespace
}  // namespace polylog::queue

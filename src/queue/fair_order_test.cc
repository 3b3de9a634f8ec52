#include "queue/fair_order.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace polylog::queue {
namespace {

using model::Offset;
using Place = FairOrder::Place;

const GroupHash kLarge = group_hash("large");
const GroupHash kSmall = group_hash("small");

std::vector<int64_t> take(FairOrder& order, size_t max, Tick now) {
    std::vector<int64_t> taken;
    while (taken.size() < max) {
        const auto next = order.next(now);
        if (!next) break;
        order.move(*next, Place::leased, now);
        taken.push_back(next->value);
    }
    return taken;
}

TEST(FairOrder, GroupsTakeTurns) {
    FairOrder order(Offset{0});
    for (int64_t i = 0; i < 4; ++i) order.add(Offset{i}, kLarge, Place::ready, Tick{0});
    order.add(Offset{4}, kSmall, Place::ready, Tick{0});
    order.add(Offset{5}, std::nullopt, Place::ready, Tick{0});
    order.add(Offset{6}, std::nullopt, Place::ready, Tick{0});
    EXPECT_EQ(take(order, 10, Tick{0}), (std::vector<int64_t>{0, 4, 5, 1, 6, 2, 3}));
    EXPECT_EQ(order.next(Tick{0}), std::nullopt);
}

TEST(FairOrder, WhatComesBackIsFirstWithinItsGroup) {
    FairOrder order(Offset{0});
    for (int64_t i = 0; i < 4; ++i) order.add(Offset{i}, kLarge, Place::ready, Tick{0});
    take(order, 3, Tick{0});
    order.move(Offset{1}, Place::hidden, Tick{0});
    order.move(Offset{0}, Place::ready, Tick{0});
    EXPECT_EQ(take(order, 10, Tick{0}), (std::vector<int64_t>{0, 3}));
    order.move(Offset{1}, Place::ready, Tick{0});
    EXPECT_EQ(take(order, 10, Tick{0}), (std::vector<int64_t>{1}));
}

TEST(FairOrder, MessagesOfQuietGroupsComeBeforeThoseOfALoudOne) {
    FairOrder order(Offset{0});
    for (int64_t i = 0; i < 100; ++i) order.add(Offset{i}, kLarge, Place::ready, Tick{0});
    EXPECT_EQ(take(order, 40, Tick{0}).size(), 40u);
    for (int64_t i = 100; i < 105; ++i) order.add(Offset{i}, kSmall, Place::ready, Tick{0});
    EXPECT_EQ(take(order, 7, Tick{0}), (std::vector<int64_t>{100, 101, 102, 103, 104, 40, 41}));
}

TEST(FairOrder, AGroupThatTookMostOfTheTimeIsLoudUntilThatIsForgotten) {
    FairOrder order(Offset{0});
    for (int64_t i = 0; i < 10; ++i) order.add(Offset{i}, kLarge, Place::ready, Tick{0});
    for (int64_t i = 10; i < 30; ++i) order.add(Offset{i}, std::nullopt, Place::ready, Tick{0});
    take(order, 2, Tick{0});
    order.settle(Offset{0}, Tick{60'000});
    order.settle(Offset{10}, Tick{6'000});
    EXPECT_EQ(take(order, 3, Tick{60'000}), (std::vector<int64_t>{11, 12, 13}));
    // Others lease for ten half-lives: what the group took is a thousandth by now.
    EXPECT_EQ(take(order, 2, Tick{660'000}), (std::vector<int64_t>{1, 14}));
}

TEST(FairOrder, ASmallGroupIsServedSoonHoweverLargeTheOthers) {
    FairOrder order(Offset{0}, 10'000);
    for (int64_t i = 0; i < 5'000; ++i) order.add(Offset{i}, kLarge, Place::ready, Tick{0});
    for (int64_t i = 0; i < 50; ++i) {
        order.add(Offset{5'000 + i}, GroupHash{static_cast<uint64_t>(100 + i)}, Place::ready,
                  Tick{0});
    }
    std::map<int64_t, size_t> turn;
    const std::vector<int64_t> taken = take(order, 60, Tick{0});
    for (size_t i = 0; i < taken.size(); ++i) turn[taken[i]] = i;
    for (int64_t i = 0; i < 50; ++i) EXPECT_TRUE(turn.contains(5'000 + i)) << i;
}

TEST(FairOrder, HasRoomAgainForWhatIsSettled) {
    FairOrder order(Offset{0}, 2);
    order.add(Offset{0}, kLarge, Place::ready, Tick{0});
    order.add(Offset{1}, kSmall, Place::leased, Tick{0});
    EXPECT_EQ(order.room(), 0u);
    order.settle(Offset{1}, Tick{5});
    order.settle(Offset{1}, Tick{5});
    EXPECT_EQ(order.room(), 1u);
    order.settle_below(Offset{1}, Tick{5});
    EXPECT_EQ(order.room(), 2u);
    EXPECT_EQ(order.next(Tick{5}), std::nullopt);
    order.restart(Offset{9});
    EXPECT_EQ(order.scanned(), Offset{9});
}

}  // namespace
}  // namespace polylog::queue

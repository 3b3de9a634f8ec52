#include "queue/group_order.h"

#include <gtest/gtest.h>

#include <vector>

namespace polylog::queue {
namespace {

using model::Offset;
using Offsets = std::vector<Offset>;

const GroupHash kA = group_hash("a");
const GroupHash kB = group_hash("b");

// a0 a1 b2 a3 b4 a5
GroupOrder two_groups() {
    GroupOrder order(Offset{0});
    order.add(Offset{0}, kA, true);
    order.add(Offset{1}, kA, true);
    order.add(Offset{2}, kB, true);
    order.add(Offset{3}, kA, true);
    order.add(Offset{4}, kB, true);
    order.add(Offset{5}, kA, true);
    return order;
}

Offsets take(GroupOrder& order, size_t max) {
    const Offsets picked = order.pick(max);
    for (const Offset offset : picked) order.hold(offset);
    return picked;
}

TEST(GroupOrder, FillsFromOneGroupFirstThenFromOthers) {
    GroupOrder order = two_groups();
    EXPECT_EQ(order.pick(5), (Offsets{{0}, {1}, {3}, {5}, {2}}));
    EXPECT_EQ(order.pick(2), (Offsets{{0}, {1}}));
    EXPECT_EQ(order.pick(0), Offsets{});
}

TEST(GroupOrder, AGroupWithAMessageInFlightDeliversNothingMore) {
    GroupOrder order = two_groups();
    EXPECT_EQ(take(order, 2), (Offsets{{0}, {1}}));
    EXPECT_EQ(take(order, 10), (Offsets{{2}, {4}}));
    EXPECT_TRUE(order.empty());
    EXPECT_EQ(take(order, 10), Offsets{});
}

TEST(GroupOrder, SettlingAllInFlightUnlocksTheGroupAndSettlingSomeDoesNot) {
    GroupOrder order = two_groups();
    take(order, 2);
    order.settle(Offset{0});
    EXPECT_EQ(order.pick(10), (Offsets{{2}, {4}}));
    order.settle(Offset{1});
    EXPECT_EQ(order.pick(10), (Offsets{{2}, {4}, {3}, {5}}));
}

TEST(GroupOrder, WhatComesBackIsDeliveredInOrder) {
    GroupOrder order = two_groups();
    take(order, 4);
    order.release(Offset{3});
    order.release(Offset{1});
    EXPECT_EQ(order.pick(10), (Offsets{{2}, {4}}));
    order.release(Offset{5});
    order.release(Offset{0});
    EXPECT_EQ(order.pick(10), (Offsets{{0}, {1}, {3}, {5}, {2}, {4}}));
}

TEST(GroupOrder, AMessageThatIsHeldLongerBlocksItselfAndLaterOnesButNotEarlierOnes) {
    for (const int64_t held : {0, 1, 3, 5}) {
        GroupOrder order(Offset{0});
        for (const int64_t offset : {0, 1, 3, 5}) order.add(Offset{offset}, kA, true);
        take(order, 4);
        Offsets earlier;
        for (const int64_t offset : {0, 1, 3, 5}) {
            if (offset != held) order.release(Offset{offset});
            if (offset < held) earlier.push_back(Offset{offset});
        }
        EXPECT_EQ(order.pick(10), earlier) << held;
        order.release(Offset{held});
        EXPECT_EQ(order.pick(10), (Offsets{{0}, {1}, {3}, {5}}));
    }
}

TEST(GroupOrder, MessagesHeldWhenTheyAreReadBlockTheirGroup) {
    GroupOrder order(Offset{7});
    order.add(Offset{7}, kA, false);
    order.add(Offset{8}, kA, true);
    order.add(Offset{9}, kB, true);
    EXPECT_EQ(order.pick(10), Offsets{{9}});
    order.settle(Offset{7});
    EXPECT_EQ(order.pick(10), (Offsets{{8}, {9}}));
}

TEST(GroupOrder, HasRoomForAsManyUnsettledMessagesAsItsWindow) {
    GroupOrder order(Offset{0}, 3);
    order.add(Offset{0}, kA, true);
    order.skip(Offset{10});
    EXPECT_EQ(order.scanned(), Offset{10});
    order.add(Offset{10}, kA, true);
    order.add(Offset{12}, kB, true);
    EXPECT_EQ(order.room(), 0u);
    EXPECT_EQ(order.scanned(), Offset{13});
    take(order, 1);
    EXPECT_EQ(order.room(), 0u);
    order.settle(Offset{0});
    EXPECT_EQ(order.room(), 1u);
}

TEST(GroupOrder, TakesNoNoticeOfMessagesItHasNotRead) {
    GroupOrder order = two_groups();
    order.hold(Offset{77});
    order.release(Offset{77});
    order.settle(Offset{77});
    EXPECT_EQ(order.pick(10).size(), 6u);
}

TEST(GroupOrder, ForgetsWhatIsSettledBelow) {
    GroupOrder order = two_groups();
    take(order, 1);
    order.settle_below(Offset{2});
    EXPECT_EQ(order.pick(10), (Offsets{{2}, {4}, {3}, {5}}));
    order.settle_below(Offset{50});
    EXPECT_TRUE(order.empty());
    EXPECT_EQ(order.scanned(), Offset{50});
    EXPECT_EQ(order.room(), kGroupWindow);
}

}  // namespace
}  // namespace polylog::queue

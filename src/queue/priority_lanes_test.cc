#include "queue/priority_lanes.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace polylog::queue {
namespace {

using model::Offset;
using Place = PriorityLanes::Place;

TEST(PriorityLanes, TheHighestLevelComesFirstAndWithinItTheFirstOffset) {
    PriorityLanes lanes;
    lanes.add({Offset{1}, 0});
    lanes.add({Offset{7}, 255});
    lanes.add({Offset{3}, 9});
    lanes.add({Offset{2}, 9});
    lanes.add({Offset{5}, 255});
    std::vector<int64_t> order;
    while (const auto next = lanes.next()) {
        order.push_back(next->offset.value);
        lanes.remove(*next);
    }
    EXPECT_EQ(order, (std::vector<int64_t>{5, 7, 2, 3, 1}));
}

TEST(PriorityLanes, AMessageThatComesBackIsFirstInItsLane) {
    PriorityLanes lanes;
    for (int64_t i = 0; i < 100; ++i) lanes.add({Offset{i}, 4});
    lanes.remove({Offset{0}, 4});
    lanes.remove({Offset{1}, 4});
    lanes.add({Offset{0}, 4});
    EXPECT_EQ(lanes.next(), (Place{Offset{0}, 4}));
    EXPECT_EQ(lanes.count(4), 99u);
    lanes.remove_below(Offset{50});
    EXPECT_EQ(lanes.next(), (Place{Offset{50}, 4}));
    lanes.clear();
    EXPECT_EQ(lanes.next(), std::nullopt);
}

TEST(PriorityLanes, IsASetOfOffsetsWhateverTheirDensity) {
    std::mt19937_64 random(7);
    for (const uint64_t span : {200u, 70'000u, 10'000'000u}) {
        OffsetSet set;
        std::set<int64_t> model;
        for (int step = 0; step < 12'000; ++step) {
            const auto offset = static_cast<int64_t>(random() % span);
            if (random() % 5 < 3) {
                EXPECT_EQ(set.insert({offset}), model.insert(offset).second);
            } else if (random() % 2 == 0 && !model.empty()) {
                EXPECT_EQ(set.first().value, *model.begin());
                EXPECT_TRUE(set.erase(set.first()));
                model.erase(model.begin());
            } else {
                EXPECT_EQ(set.erase({offset}), model.erase(offset) > 0);
            }
            ASSERT_EQ(set.count(), model.size());
            ASSERT_EQ(set.empty(), model.empty());
            if (step % 3'000 == 2'999) {
                const auto below = static_cast<int64_t>(random() % span / 4);
                set.erase_below({below});
                model.erase(model.begin(), model.lower_bound(below));
            }
        }
        for (const int64_t offset : model) EXPECT_TRUE(set.contains({offset}));
    }
}

TEST(PriorityLanes, AReadyMessageTakesAtMostTwoBytesAndABitWhereTheyAreDense) {
    PriorityLanes dense;
    PriorityLanes sparse;
    for (int64_t i = 0; i < 400'000; ++i) {
        dense.add({Offset{i}, 3});
        if (i % 100 == 0) sparse.add({Offset{i}, 3});
    }
    EXPECT_LE(dense.size_bytes(), 400'000 / 6);
    EXPECT_LE(sparse.size_bytes(), size_t{4'000} * 7 / 2);  // its arrays may be half full
}

}  // namespace
}  // namespace polylog::queue

// Goal: whatever happens to a queue, DeliveryState says what a plain map would say, and its log
// makes the same state again. Method: random walks beside the map; the scenario delivery_state of
// the simulator takes many more of them.
#include "test/queue/delivery_walk.h"

#include <gtest/gtest.h>

namespace polylog::queue {
namespace {

void walk(uint64_t seed, DeliveryWalk::Plan plan) {
    const auto failure = DeliveryWalk(sim::RandomStream(seed), plan).run();
    EXPECT_FALSE(failure) << "seed " << seed << ", " << *failure;
}

TEST(DeliveryWalk, FewMessagesAreWhereAMapSaysTheyAre) {
    for (uint64_t seed = 1; seed <= 4; ++seed) walk(seed, {.steps = 2'000, .stride = 6});
}

TEST(DeliveryWalk, ManyMessagesAreWhereAMapSaysTheyAre) {
    for (uint64_t seed = 1; seed <= 2; ++seed) {
        walk(seed, {.steps = 1'500, .stride = 5'000, .checks_often = false});
    }
}

TEST(DeliveryWalk, ALostSettlementIsNoticed) {
    bool noticed = false;
    for (uint64_t seed = 1; seed <= 4 && !noticed; ++seed) {
        const DeliveryWalk::Plan plan{.steps = 2'000, .stride = 20, .forgets = 0.01};
        noticed = DeliveryWalk(sim::RandomStream(seed), plan).run().has_value();
    }
    EXPECT_TRUE(noticed);
}

}  // namespace
}  // namespace polylog::queue

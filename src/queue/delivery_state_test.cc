#include "queue/delivery_state.h"

#include <gtest/gtest.h>

namespace polylog::queue {
namespace {

using model::Offset;

TEST(DeliveryState, HandsOutInTheOrderOfOffsets) {
    DeliveryState state(Offset{0});
    state.extend(Offset{3});
    for (int64_t i = 0; i < 3; ++i) {
        ASSERT_EQ(state.next(), Offset{i});
        state.lease(Offset{i}, Tick{100}, 1);
    }
    EXPECT_EQ(state.next(), std::nullopt);
    EXPECT_EQ(state.depth(), (Depth{.leased = 3}));
}

}  // namespace
}  // namespace polylog::queue

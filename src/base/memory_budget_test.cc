#include "base/memory_budget.h"

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

constexpr Limits kLimits{.memory_slow_producers_percent = 70,
                         .memory_pause_producers_percent = 85,
                         .memory_refuse_percent = 95,
                         .memory_per_connection_percent = 25};

TEST(MemoryBudget, GoesThroughItsStagesAndBack) {
    MemoryBudget budget(1000, kLimits);
    EXPECT_EQ(budget.stage(), MemoryStage::normal);
    budget.add(MemoryUse::requests, 300);
    budget.add(MemoryUse::storage, 399);
    EXPECT_EQ(budget.stage(), MemoryStage::normal);
    budget.add(MemoryUse::groups, 1);
    EXPECT_EQ(budget.stage(), MemoryStage::slow_producers);
    budget.add(MemoryUse::responses, 150);
    EXPECT_EQ(budget.stage(), MemoryStage::pause_producers);
    budget.add(MemoryUse::responses, 100);
    EXPECT_EQ(budget.stage(), MemoryStage::refuse);
    EXPECT_EQ(budget.used_bytes(), 950u);
    EXPECT_EQ(budget.used_bytes(MemoryUse::responses), 250u);
    budget.remove(MemoryUse::requests, 300);
    EXPECT_EQ(budget.stage(), MemoryStage::normal);
    EXPECT_EQ(budget.connection_share_bytes(), 250u);
}

TEST(MemoryBudget, AsksProducersForLongerPausesTheFullerItIs) {
    MemoryBudget budget(1000, kLimits);
    budget.add(MemoryUse::requests, 699);
    EXPECT_EQ(budget.producer_pause(), Duration::zero());
    budget.add(MemoryUse::requests, 76);
    EXPECT_EQ(budget.producer_pause(), 500ms);
    budget.add(MemoryUse::requests, 1000);
    EXPECT_EQ(budget.producer_pause(), MemoryBudget::kPauseMax);
}

TEST(MemoryClaim, IsGivenBackWithItsHolder) {
    MemoryBudget budget(1000, kLimits);
    {
        MemoryClaim claim(budget, MemoryUse::requests);
        claim.set(500);
        claim.set(100);
        claim.set(200);
        EXPECT_EQ(budget.used_bytes(), 200u);
        EXPECT_EQ(claim.bytes(), 200u);
    }
    EXPECT_EQ(budget.used_bytes(), 0u);
}

}  // namespace
}  // namespace polylog::base

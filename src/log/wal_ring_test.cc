#include "log/wal_ring.h"

#include <gtest/gtest.h>

#include "log/wal_format.h"
#include "test/log/storage_rig.h"

namespace polylog::log {
namespace {

using testing::StorageRig;

constexpr uint64_t kFileBytes = 64 << 10;

TEST(WalRoom, PlacesGroupsOneAfterAnotherAndNeverAcrossFiles) {
    WalRoom room(8192, kFileBytes, 1);
    EXPECT_EQ(room.left_bytes(), 8192 + kFileBytes);
    EXPECT_TRUE(room.place(4096));
    EXPECT_EQ(room.left_bytes(), 4096 + kFileBytes);
    EXPECT_TRUE(room.place(8192)) << "in the next file: what is left of the first is lost";
    EXPECT_EQ(room.left_bytes(), kFileBytes - 8192);
    EXPECT_FALSE(room.place(kFileBytes));
    EXPECT_TRUE(room.place(kFileBytes - 8192));
    EXPECT_FALSE(room.place(1));
}

TEST(WalRoom, AGroupLargerThanAFileHasNoPlace) {
    WalRoom room(0, kFileBytes, 5);
    EXPECT_FALSE(room.place(kFileBytes + 1));
    EXPECT_TRUE(room.place(kFileBytes));
}

// A ring of at most four files on a disk of which so much is spare.
class WalRingGrowth : public ::testing::Test {
protected:
    WalRingGrowth() {
        rig_.open();
        ring_.emplace(rig_.node().shard(0), WalOptions{.directory = "ring",
                                                       .data_directory_id = {},
                                                       .file_bytes = kFileBytes,
                                                       .files_max = 4,
                                                       .budget = &budget_});
        EXPECT_TRUE(rig_.wait(ring_->open({0})));
    }

    void spare(uint64_t bytes) { budget_.saw(bytes, 0); }
    // In whole files.
    uint64_t room(WalRing::Growth growth) {
        WalRoom room = ring_->room(growth);
        uint64_t files = 0;
        while (files < 100 && room.place(kFileBytes - kWalFileOverheadBytes)) ++files;
        return files;
    }
    void advance(uint64_t first) { EXPECT_TRUE(rig_.wait(ring_->advance({first}))); }

    StorageRig rig_;
    DiskBudget budget_{0};
    std::optional<WalRing> ring_;
};

TEST_F(WalRingGrowth, HasTwoFilesWhateverIsSpare) {
    spare(0);
    EXPECT_EQ(room(WalRing::Growth::within_budget), 2u);
    EXPECT_EQ(ring_->files_within_reach(), 2u);
}

TEST_F(WalRingGrowth, GrowsByWhatIsSpareAndNotBeyondItsBound) {
    spare(3 * kFileBytes);
    EXPECT_EQ(room(WalRing::Growth::within_budget), 3u);
    spare(100 * kFileBytes);
    EXPECT_EQ(room(WalRing::Growth::within_budget), 4u);
}

TEST_F(WalRingGrowth, WhatTakesRecordsAwayMayUseTheReserve) {
    spare(0);
    EXPECT_EQ(room(WalRing::Growth::to_bound), 4u);
}

TEST_F(WalRingGrowth, TakesAFileFromTheBudgetWhenItIsMade) {
    spare(2 * kFileBytes);
    advance(1);
    EXPECT_EQ(budget_.spare_bytes(), kFileBytes);
    advance(2);
    EXPECT_EQ(budget_.spare_bytes(), 0u);
    EXPECT_EQ(ring_->files_within_reach(), 2u);
    EXPECT_EQ(ring_->used_files(), 2u);
}

TEST_F(WalRingGrowth, AReleasedFileIsTakenBeforeAnotherIsAdded) {
    spare(100 * kFileBytes);
    advance(1);
    advance(2);
    ring_->release({1});
    EXPECT_EQ(ring_->used_files(), 1u);
    advance(3);
    EXPECT_EQ(ring_->disk_bytes(), 2 * kFileBytes);
}

}  // namespace
}  // namespace polylog::log

#include <gtest/gtest.h>

#include "test/log/storage_rig.h"

// A disk that fills up: what is refused, what goes on, and what it takes to be accepted again.
namespace polylog::log {
namespace {

using base::ErrorCode;
using model::Offset;
using testing::StorageRig;

constexpr uint64_t kReserve = 2 << 20;
constexpr base::Duration kLook = std::chrono::milliseconds(1100);

class DiskFull : public ::testing::Test {
protected:
    DiskFull() {
        rig_.options.disk_reserve_bytes = kReserve;
        rig_.open();
        log_ = &rig_.create(StorageRig::id());
        EXPECT_TRUE(send());
    }

    uint64_t available() { return rig_.disk().files().space().available_bytes; }
    // Leaves so much beside the reserve, and waits until the storage has seen it.
    void leave(uint64_t bytes) {
        const io::DiskSpace space = rig_.disk().files().space();
        const uint64_t used = space.total_bytes - space.available_bytes;
        rig_.disk().files().set_capacity(used + kReserve + bytes);
        rig_.run_for(kLook);
    }
    bool send() {
        const auto appended = rig_.try_append(*log_, {.value = std::string(4000, 'v')});
        if (appended) {
            rig_.settle(*log_);
        } else {
            EXPECT_EQ(appended.error(), ErrorCode::disk_full) << appended.error().message();
        }
        return appended.has_value();
    }
    // Until records are refused, and still are when everything has come to rest. How many were
    // accepted.
    int fill() {
        int accepted = 0;
        for (int refusals = 0; refusals < 2 && accepted < 10'000;) {
            if (send()) {
                refusals = 0;
                ++accepted;
            } else {
                ++refusals;
                rig_.run_for(kLook);
            }
        }
        return accepted;
    }

    StorageRig rig_;
    Log* log_ = nullptr;
};

// Its files are taken from the same disk as segments; they once took the reserve, and then also
// what deleting records gave back.
TEST_F(DiskFull, TheWriteAheadLogDoesNotGrowIntoTheReserve) {
    leave(1 << 20);
    EXPECT_GT(fill(), 0);
    EXPECT_GE(available() + (16 << 10), kReserve);
}

TEST_F(DiskFull, DeletingRecordsMakesRoomForNewOnes) {
    leave(1 << 20);
    const int accepted = fill();
    for (int round = 0; round < 5; ++round) {
        const Log::Positions now = log_->positions();
        const Offset half{(now.start.value + now.end.value) / 2};
        EXPECT_TRUE(rig_.wait(log_->advance_start(half)));
        rig_.run_for(kLook);
        EXPECT_GE(fill(), accepted / 8) << "in round " << round;
        EXPECT_GE(available() + (16 << 10), kReserve);
    }
}

TEST_F(DiskFull, AWriteAheadLogOfTwoFilesGoesRound) {
    leave(400 << 10);
    for (int i = 0; i < 300; ++i) {
        EXPECT_TRUE(send()) << "number " << i;
        if (i % 10 != 9) continue;
        EXPECT_TRUE(rig_.wait(log_->advance_start(log_->positions().end)));
        rig_.run_for(kLook);
    }
    EXPECT_EQ(rig_.storage().usage().durable_wal.disk_bytes, 2 * rig_.options.wal.file_bytes);
    EXPECT_GT(rig_.storage().statistics().checkpoint.count, 3u);
}

TEST_F(DiskFull, SegmentsReserveNothingAheadThatIsNotThere) {
    auto config = StorageRig::config();
    config.segment_bytes = 64 << 20;
    log_ = &rig_.create(StorageRig::id(1), config);
    EXPECT_TRUE(send());
    leave(1 << 20);
    EXPECT_GT(fill(), 0);
    EXPECT_GE(available() + (16 << 10), kReserve);
}

}  // namespace
}  // namespace polylog::log

#include <gtest/gtest.h>

#include "test/log/storage_rig.h"

// A disk that answers late: more is asked for than it can take.
namespace polylog::log {
namespace {

using base::ErrorCode;
using testing::StorageRig;

class SlowDisk : public ::testing::Test {
protected:
    SlowDisk() {
        rig_.options.wal.file_bytes = 1 << 20;
        rig_.options.unflushed_bytes_max = 256 << 10;
        rig_.options.tail_cache_bytes = 256 << 10;
        rig_.open();
        log_ = &rig_.create(StorageRig::id());
        rig_.append(*log_, {});
        rig_.settle(*log_);
    }

    // As fast as it is accepted, for a while; how many were refused.
    int send_for(base::Duration duration) {
        int refused = 0;
        const auto end = rig_.world().now() + duration;
        while (rig_.world().now() < end) {
            for (int i = 0; i < 20; ++i) {
                const auto appended = rig_.try_append(*log_, {.value = std::string(4000, 'v')});
                if (appended) continue;
                ++refused;
                EXPECT_TRUE(appended.error() == ErrorCode::throttled ||
                            appended.error() == ErrorCode::disk_full)
                    << appended.error().message();
            }
            const Storage::Usage usage = rig_.storage().usage();
            EXPECT_LE(usage.unflushed_bytes, 2 * rig_.options.unflushed_bytes_max + 8000);
            EXPECT_LE(usage.durable_wal.uncommitted_bytes, 3 * rig_.options.unflushed_bytes_max);
            EXPECT_LE(usage.tail_cache_bytes, 4 * rig_.options.unflushed_bytes_max);
            rig_.run_for(std::chrono::milliseconds(1));
        }
        return refused;
    }

    StorageRig rig_;
    Log* log_ = nullptr;
};

TEST_F(SlowDisk, RefusesWhatItCannotKeepUpWithAndLosesNothingThatItAccepted) {
    rig_.disk().set_slowness(1000);
    EXPECT_GT(send_for(std::chrono::milliseconds(60)), 0);
    rig_.disk().set_slowness(1);
    rig_.settle(*log_);
    const auto before = rig_.read_all(*log_);
    EXPECT_EQ(before.size(), static_cast<size_t>(log_->positions().end.value));
    rig_.reopen_after(sim::Crash::power_cut);
    EXPECT_EQ(rig_.read_all(rig_.log()), before);
}

TEST_F(SlowDisk, AcceptsAgainWithoutARestartOnceItIsQuick) {
    rig_.disk().set_slowness(1000);
    EXPECT_GT(send_for(std::chrono::milliseconds(60)), 0);
    rig_.disk().set_slowness(1);
    rig_.run_for(std::chrono::seconds(60));
    EXPECT_TRUE(rig_.storage().usage().accepts_appends);
    rig_.append(*log_, {});
    rig_.settle(*log_);
}

TEST_F(SlowDisk, WhatIsNotDurableYetIsNotSaidToBe) {
    rig_.disk().set_slowness(100'000);
    const model::Offset first = rig_.append(*log_, {});
    rig_.run_for(std::chrono::seconds(1));
    EXPECT_EQ(log_->positions().durable_end, first);
    rig_.disk().set_slowness(1);
    rig_.reopen_after(sim::Crash::power_cut);
    EXPECT_LE(rig_.log().positions().end.value, first.value + 1);
}

}  // namespace
}  // namespace polylog::log

#include <gtest/gtest.h>

#include "test/log/storage_rig.h"

// A process that has no descriptor left: what it cannot open now it opens later, and nothing goes
// offline meanwhile.
namespace polylog::log {
namespace {

using base::ErrorCode;
using model::Offset;
using sim::DiskOperation;
using testing::StorageRig;

class OutOfDescriptors : public ::testing::Test {
protected:
    OutOfDescriptors() {
        rig_.open();
        log_ = &rig_.create(StorageRig::id());
        rig_.append(*log_, {});
        rig_.settle(*log_);
    }

    void run_out() { rig_.disk().settings().out_of_descriptors = 1; }
    void recover() {
        rig_.disk().settings().out_of_descriptors = 0;
        rig_.run_for(std::chrono::seconds(3));
    }
    bool send() {
        const auto appended = rig_.try_append(*log_, {.value = std::string(4000, 'v')});
        if (!appended) {
            EXPECT_TRUE(appended.error() == ErrorCode::throttled ||
                        appended.error() == ErrorCode::disk_full)
                << appended.error().message();
        }
        rig_.run_for(std::chrono::milliseconds(1));
        return appended.has_value();
    }
    // How many were accepted before one was refused.
    int send_until_refused() {
        int accepted = 0;
        while (accepted < 2000 && send()) ++accepted;
        return accepted;
    }
    void expect_all_is_well() {
        EXPECT_FALSE(log_->offline());
        EXPECT_TRUE(send());
        rig_.settle(*log_);
        const auto before = rig_.read_all(*log_);
        EXPECT_EQ(before.size(), static_cast<size_t>(log_->positions().end.value));
        rig_.reopen_after(sim::Crash::power_cut);
        EXPECT_EQ(rig_.read_all(rig_.log()), before);
    }

    StorageRig rig_;
    Log* log_ = nullptr;
};

TEST_F(OutOfDescriptors, TheNextFilesOfWriteAheadLogAndSegmentsAreAwaited) {
    run_out();
    EXPECT_LT(send_until_refused(), 2000);
    EXPECT_FALSE(log_->offline());
    rig_.run_for(std::chrono::seconds(10));
    EXPECT_FALSE(send());
    recover();
    expect_all_is_well();
}

TEST_F(OutOfDescriptors, ACheckpointFailsAndTheNextOneSucceeds) {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(send());
    rig_.settle(*log_);
    run_out();
    const auto failed = rig_.wait(rig_.storage().checkpoint());
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error(), ErrorCode::throttled);
    EXPECT_FALSE(log_->offline());
    recover();
    EXPECT_TRUE(rig_.wait(rig_.storage().checkpoint()));
    expect_all_is_well();
}

TEST_F(OutOfDescriptors, FilesThatRestAreClosedForOneThatIsNeeded) {
    Log& other = rig_.create(StorageRig::id(1));
    for (int i = 0; i < 40; ++i) {
        EXPECT_TRUE(send());
        rig_.append(other, {.value = std::string(4000, 'o')});
        rig_.run_for(std::chrono::milliseconds(1));
    }
    rig_.settle(other);
    EXPECT_TRUE(rig_.wait(rig_.storage().checkpoint()));
    const uint64_t before = rig_.storage().usage().open_files;
    ASSERT_GT(before, 1u);
    rig_.disk().inject(
        {.operation = DiskOperation::open, .outcome = sim::Outcome::refused, .path = ".log"});
    const auto read = rig_.read(other, Offset{0});
    EXPECT_TRUE(read) << read.error().message();
    EXPECT_LE(rig_.storage().usage().open_files, before);
}

TEST_F(OutOfDescriptors, FilesOfADroppedLogAreDeletedLater) {
    for (int i = 0; i < 40; ++i) EXPECT_TRUE(send());
    rig_.settle(*log_);
    run_out();
    rig_.world().after(std::chrono::seconds(5),
                       [this] { rig_.disk().settings().out_of_descriptors = 0; });
    EXPECT_TRUE(rig_.wait(rig_.storage().drop(StorageRig::id())));
    for (const std::string& path : list_files(rig_.disk().files())) {
        EXPECT_FALSE(path.starts_with("topics/")) << path;
    }
}

}  // namespace
}  // namespace polylog::log

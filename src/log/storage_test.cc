#include "log/storage.h"

#include <gtest/gtest.h>

#include "test/log/storage_rig.h"

namespace polylog::log {
namespace {

using base::ErrorCode;
using model::Offset;
using sim::Crash;
using testing::BatchShape;
using testing::StorageRig;

TEST(Storage, GivesOffsetsInOrderAndServesThemFromMemory) {
    StorageRig rig;
    rig.open();
    Log& log = rig.create(StorageRig::id());
    EXPECT_EQ(rig.append(log, {.records = 3}), Offset{0});
    EXPECT_EQ(rig.append(log, {.records = 2}), Offset{3});
    EXPECT_EQ(log.positions().end, Offset{5});
    EXPECT_EQ(log.positions().durable_end, Offset{0});
    rig.settle(log);

    const auto tail = rig.on_shard([&] {
        return log.read_tail({.from = Offset{1}, .upto = Offset{5}, .max_bytes = 1 << 20});
    });
    ASSERT_TRUE(tail);
    ASSERT_EQ(tail->batches.size(), 2u);
    EXPECT_EQ(model::BatchView(tail->batches[1].bytes()).base_offset(), Offset{3});
    EXPECT_TRUE(model::BatchView(tail->batches[1].bytes()).crc_matches());
}

TEST(Storage, WhatIsDurableSurvivesKillAndPowerCut) {
    for (const Crash kind : {Crash::kill, Crash::power_cut}) {
        StorageRig rig;
        rig.open();
        Log& log = rig.create(StorageRig::id());
        for (int i = 0; i < 50; ++i) {
            rig.append(log, {.records = 3, .value = std::string(1000, 'v')});
            if (i % 7 == 0) rig.settle(log);
        }
        rig.settle(log);
        const auto before = rig.read_all(log);
        rig.reopen_after(kind);
        EXPECT_FALSE(rig.storage().recovery().clean);
        EXPECT_EQ(rig.storage().recovery().logs, 1u);
        EXPECT_EQ(rig.read_all(rig.log()), before);
        EXPECT_EQ(rig.append(rig.log(), {}), Offset{150});
    }
}

// As after a second kill before the first checkpoint: every file is needed, and one above the bound
// is there already.
TEST(Storage, StartsWithMoreWriteAheadLogFilesThanItsBound) {
    StorageRig rig;
    rig.open();
    Log& log = rig.create(StorageRig::id());
    for (int i = 0; i < 200; ++i) {
        rig.append(log, {.records = 3, .value = std::string(1000, 'v')});
        if (i % 7 == 0) rig.settle(log);
    }
    rig.settle(log);
    const auto before = rig.read_all(log);
    rig.options.wal.files_max = 2;
    rig.reopen_after(Crash::kill);
    EXPECT_EQ(rig.read_all(rig.log()), before);
    rig.settle(rig.create(StorageRig::id(1)));
    EXPECT_EQ(rig.append(rig.log(), {}), Offset{600});
    rig.settle(rig.log());
}

TEST(Storage, ACleanStopReplaysNothing) {
    StorageRig rig;
    rig.open();
    Log& log = rig.create(StorageRig::id());
    for (int i = 0; i < 300; ++i) {
        rig.append(log, {.records = 3, .value = std::string(1000, 'v')});
        if (i % 7 == 0) rig.settle(log);
    }
    const auto before = rig.read_all(log);
    rig.reopen_cleanly();
    EXPECT_TRUE(rig.storage().recovery().clean);
    EXPECT_EQ(rig.storage().recovery().entries_replayed, 0u);
    EXPECT_EQ(rig.read_all(rig.log()), before);
}

// A process that dies while a group is being written may leave it in memory of the machine only.
// What the next start reads there it shows to others, so it must be on the disk by then.
TEST(Storage, WhatAStartReadsBackSurvivesAPowerCutAfterIt) {
    size_t shown_most = 0;
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        StorageRig rig(seed);
        rig.open();
        Log& log = rig.create(StorageRig::id());
        rig.append(log, {.value = std::string(1000, 'a')});
        rig.settle(log);
        rig.append(log, {.value = std::string(1000, 'b')});
        rig.run_for(std::chrono::microseconds(20));  // a group takes longer
        rig.disk().inject({.operation = sim::DiskOperation::open,
                           .outcome = sim::Outcome::refused,
                           .forever = true,
                           .path = "topics/"});
        rig.reopen_after(Crash::kill);
        const auto shown = rig.read_all(rig.log());
        ASSERT_FALSE(shown.empty());
        rig.reopen_after(Crash::power_cut);
        EXPECT_EQ(rig.read_all(rig.log()), shown) << "with seed " << seed;
        shown_most = std::max(shown_most, shown.size());
    }
    EXPECT_EQ(shown_most, 2u) << "no group reached the machine before the process died";
}

// Appends batches of 16 KiB, one by one.
void fill_ring(StorageRig& rig, Log& log, int count) {
    for (int i = 0; i < count; ++i) {
        rig.append(log, {.value = std::string(16 << 10, 'v')});
        rig.settle(log);
    }
}

// The file holds what was appended after a second truncation, which replay has yet to come to: a
// batch of it ends where the first truncation cut.
TEST(Storage, ReplaysATruncationInAFileThatLaterBatchesHaveFilled) {
    StorageRig rig;
    rig.options.unflushed_bytes_max = 64 << 10;
    rig.open();
    Log& log = rig.create(StorageRig::id());
    rig.append(log, {.records = 4, .value = std::string(3000, 'a')});
    rig.settle(log);
    ASSERT_TRUE(rig.wait(rig.storage().checkpoint()));
    rig.append(log, {.records = 5, .value = std::string(1000, 'b')});
    rig.append(log, {});
    rig.settle(log);
    ASSERT_TRUE(rig.wait(log.truncate(Offset{9})));
    fill_ring(rig, log, 8);
    ASSERT_TRUE(rig.wait(log.truncate(Offset{0})));
    rig.append(log, {.records = 9, .value = std::string(100, 'c')});
    fill_ring(rig, log, 3);
    rig.run_for(std::chrono::seconds(1));
    const auto before = rig.read_all(log);
    EXPECT_EQ(before.size(), 4u);
    rig.reopen_after(Crash::kill);
    EXPECT_EQ(rig.read_all(rig.log()), before);
}

}  // namespace
}  // namespace polylog::log

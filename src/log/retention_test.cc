#include "log/retention.h"

#include <gtest/gtest.h>

#include "test/log/storage_rig.h"

namespace polylog::log {
namespace {

using model::Offset;
using testing::BatchShape;
using testing::StorageRig;

constexpr int64_t kNowMs = 1'000'000;

// A log of segments with one batch of one record each, the last one active.
class Retention : public ::testing::Test {
protected:
    Retention() {
        config_.segment_bytes = 1;
        configure();
    }

    void configure() { state_.config = std::make_shared<const model::TopicConfig>(config_); }
    void add(int64_t timestamp_ms) {
        const base::Buffer batch = testing::make_batch(
            {.base_offset = state_.end.value, .timestamp_ms = timestamp_ms});
        batch_bytes_ = static_cast<int64_t>(batch.size());
        state_.add(base::Slice(batch), SlabNumber{1});
    }
    int64_t start(Offset upto = Offset{1000}) {
        configure();
        return retention_start(state_, kNowMs, upto).value;
    }

    model::TopicConfig config_;
    LogState state_{StorageRig::id(), "orders", WalMode::durable,
                    std::make_shared<const model::TopicConfig>()};
    int64_t batch_bytes_ = 0;
};

TEST_F(Retention, DeletesWholeSegmentsFromTheFrontOnceTheirNewestRecordIsOldEnough) {
    for (const int64_t age_ms : {500, 400, 101, 100, 50}) add(kNowMs - age_ms);
    config_.retention_ms = 100;
    EXPECT_EQ(start(), 3);
    config_.retention_ms = 450;
    EXPECT_EQ(start(), 1);
}

TEST_F(Retention, AYoungSegmentKeepsOlderOnesBehindIt) {
    for (const int64_t age_ms : {500, 10, 500, 500}) add(kNowMs - age_ms);
    config_.retention_ms = 100;
    EXPECT_EQ(start(), 1);
}

TEST_F(Retention, TheActiveSegmentGoesOnceAllOfItHasExpired) {
    for (const int64_t age_ms : {500, 400}) add(kNowMs - age_ms);
    config_.retention_ms = 100;
    EXPECT_EQ(start(), 2);
}

TEST_F(Retention, SegmentsWithoutTimestampsDoNotExpire) {
    add(-1);
    add(kNowMs);
    config_.retention_ms = 100;
    EXPECT_EQ(start(), 0);
}

TEST_F(Retention, NothingGoesThatIsNotCommittedEverywhere) {
    for (int i = 0; i < 4; ++i) add(kNowMs - 500);
    config_.retention_ms = 100;
    EXPECT_EQ(start(Offset{2}), 2);
    EXPECT_EQ(start(Offset{0}), 0);
}

TEST_F(Retention, DeletesByBytesOnlyWhatLeavesAtLeastTheLimit) {
    for (int i = 0; i < 5; ++i) add(kNowMs);
    config_.retention_bytes = 3 * batch_bytes_;
    EXPECT_EQ(start(), 2);
    config_.retention_bytes = 3 * batch_bytes_ + 1;
    EXPECT_EQ(start(), 1);
    config_.retention_bytes = 0;
    EXPECT_EQ(start(), 4) << "never the active segment";
}

TEST_F(Retention, NothingGoesFromATopicThatKeepsEverything) {
    for (int i = 0; i < 3; ++i) add(0);
    config_.delete_expired = false;
    config_.retention_ms = 1;
    config_.retention_bytes = 1;
    EXPECT_EQ(start(), 0);
    config_.delete_expired = true;
    config_.retention_ms = model::TopicConfig::kUnlimited;
    config_.retention_bytes = model::TopicConfig::kUnlimited;
    EXPECT_EQ(start(), 0);
}

// The storage applies it on a timer, whose interval may be changed at any time.
TEST(RetentionTimer, AnotherIntervalCountsAtOnce) {
    StorageRig rig;
    rig.options.upkeep.retention_interval = base::Duration::max();
    rig.open();
    auto config = StorageRig::config();
    config.retention_ms = 1000;
    Log& log = rig.create(StorageRig::id(), config);
    rig.append(log, {.timestamp_ms = 1});
    rig.settle(log);
    rig.on_shard([&] {
        log.set_high_watermark(Offset{1});
        return 0;
    });
    rig.run_for(std::chrono::minutes(10));
    EXPECT_EQ(log.positions().start, Offset{0});
    rig.on_shard([&] {
        rig.storage().configure({.retention_interval = std::chrono::minutes(20)});
        return 0;
    });
    rig.run_for(std::chrono::minutes(9));
    EXPECT_EQ(log.positions().start, Offset{0});
    rig.run_for(std::chrono::minutes(2));
    EXPECT_EQ(log.positions().start, Offset{1});
}

}  // namespace
}  // namespace polylog::log

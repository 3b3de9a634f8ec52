#include "replication/partition.h"

#include <gtest/gtest.h>

#include "test/log/partition_rig.h"

namespace polylog::replication {
namespace {

using base::ErrorCode;
using base::Result;
using model::Offset;
using sim::Crash;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::PartitionRig;

TEST(Partition, TheHighWatermarkFollowsWhatIsDurable) {
    PartitionRig rig;
    const auto appended = rig.append_batch({.records = 3});
    ASSERT_TRUE(appended);
    EXPECT_EQ(appended->first, Offset{0});
    EXPECT_EQ(appended->last, Offset{2});
    EXPECT_EQ(rig.partition().high_watermark(), Offset{0});
    EXPECT_TRUE(rig.wait(rig.partition().replicated(Offset{3}, base::kNever)));
    EXPECT_EQ(rig.partition().high_watermark(), Offset{3});
    EXPECT_EQ(rig.partition().last_stable_offset(), Offset{3});
    for (const Crash crash : {Crash::kill, Crash::power_cut}) {
        rig.reopen_partition(crash);
        EXPECT_EQ(rig.partition().high_watermark(), Offset{3});
    }
}

TEST(Partition, WaitingForWhatIsReplicatedAlreadyReturnsAtOnce) {
    PartitionRig rig;
    EXPECT_TRUE(rig.wait(rig.partition().replicated(Offset{0}, base::kNever)));
}

TEST(Partition, WaitingEndsAtItsDeadline) {
    PartitionRig rig;
    const auto waited = rig.wait(rig.partition().replicated(Offset{1}, rig.in(milliseconds(20))));
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error(), ErrorCode::timed_out);
}

TEST(Partition, ClosingTellsEverybodyWhoWaitsOrAsks) {
    PartitionRig rig;
    std::optional<Result<void>> waited;
    rig.node().spawn(
        sim::detail::store_result(rig.partition().replicated(Offset{1}, base::kNever),
                                  std::shared_ptr<std::optional<Result<void>>>(&waited,
                                                                               [](auto*) {})));
    rig.run_for(milliseconds(1));
    EXPECT_FALSE(waited);
    rig.on_shard([&] {
        rig.partition().close();
        rig.partition().close();
        return 0;
    });
    rig.run_for(milliseconds(1));
    ASSERT_TRUE(waited);
    EXPECT_EQ(waited->error(), ErrorCode::unknown_topic);
    EXPECT_EQ(rig.append_batch({}).error(), ErrorCode::unknown_topic);
    EXPECT_EQ(rig.partition().check_epoch(std::nullopt).error(), ErrorCode::unknown_topic);
    EXPECT_EQ(rig.partition().check_position(Offset{0}).error(), ErrorCode::unknown_topic);
    EXPECT_EQ(rig.wait(rig.partition().replicated(Offset{0}, base::kNever)).error(),
              ErrorCode::unknown_topic);
}

TEST(Partition, TooFewReplicasInSyncRefuseOnlyWhoAskedForAll) {
    PartitionRig rig;
    model::TopicConfig demanding = PartitionRig::config();
    demanding.min_insync_replicas = 2;
    rig.configure(demanding);
    EXPECT_EQ(rig.append_batch({}, true).error(), ErrorCode::not_enough_replicas);
    EXPECT_TRUE(rig.append_batch({}, false));
    rig.configure(PartitionRig::config());
    EXPECT_TRUE(rig.append_batch({}, true));
}

TEST(Partition, ARepeatedBatchIsAnsweredWithTheOffsetsItHas) {
    PartitionRig rig;
    const testing::BatchShape shape{.records = 2,
                                    .producer_id = 9,
                                    .producer_epoch = 0,
                                    .base_sequence = 0};
    ASSERT_TRUE(rig.append_batch({}));
    const auto first = rig.append_batch(shape);
    const auto again = rig.append_batch(shape);
    ASSERT_TRUE(first && again);
    EXPECT_FALSE(first->duplicate);
    EXPECT_TRUE(again->duplicate);
    EXPECT_EQ(again->first, first->first);
    EXPECT_EQ(again->last, first->last);
    EXPECT_EQ(rig.partition().log().positions().end, Offset{3});
    auto gap = shape;
    gap.base_sequence = 7;
    EXPECT_EQ(rig.append_batch(gap).error(), ErrorCode::out_of_order_sequence);
}

TEST(Partition, TopicsWithAppendTimeStampWhatTheyAppend) {
    PartitionRig rig;
    EXPECT_EQ(rig.append_batch({})->append_time_ms, -1);
    model::TopicConfig stamping = PartitionRig::config();
    stamping.message_timestamp_type = model::TimestampType::append_time;
    rig.configure(stamping);
    const auto appended = rig.append_batch({.timestamp_ms = 5});
    ASSERT_TRUE(appended);
    EXPECT_GT(appended->append_time_ms, 1'700'000'000'000);
    rig.settle(rig.partition().log());
    const auto batches = rig.read_all(rig.partition().log(), Offset{1});
    ASSERT_EQ(batches.size(), 1u);
    const model::BatchView batch(std::as_bytes(std::span(batches.front())));
    EXPECT_EQ(batch.timestamp_type(), model::TimestampType::append_time);
    EXPECT_EQ(batch.max_timestamp_ms(), appended->append_time_ms);
    EXPECT_TRUE(batch.crc_matches());
}

TEST(Partition, EpochsThatClientsBelieveInAreCompared) {
    PartitionRig rig;
    Partition& partition = rig.partition();
    EXPECT_TRUE(partition.check_epoch(std::nullopt));
    EXPECT_TRUE(partition.check_epoch(model::LeaderEpoch{3}));
    EXPECT_EQ(partition.check_epoch(model::LeaderEpoch{2}).error(), ErrorCode::stale_leader_epoch);
    EXPECT_EQ(partition.check_epoch(model::LeaderEpoch{4}).error(),
              ErrorCode::unknown_leader_epoch);
    rig.on_shard([&] {
        partition.lead({.leader_epoch = {4}, .in_sync_replicas = {{1}}});
        return 0;
    });
    EXPECT_TRUE(partition.check_epoch(model::LeaderEpoch{4}));
    EXPECT_EQ(partition.check_epoch(model::LeaderEpoch{3}).error(), ErrorCode::stale_leader_epoch);
    ASSERT_TRUE(rig.append_batch({}));
    rig.settle(partition.log());
    const auto batches = rig.read_all(partition.log());
    EXPECT_EQ(model::BatchView(std::as_bytes(std::span(batches.front()))).leader_epoch().value, 4);
}

TEST(Partition, PositionsOutsideOfWhatMayBeReadAreRefused) {
    PartitionRig rig;
    ASSERT_TRUE(rig.append_batch({.records = 4}));
    EXPECT_EQ(rig.partition().check_position(Offset{1}).error(), ErrorCode::offset_out_of_range);
    rig.settle(rig.partition().log());
    EXPECT_TRUE(rig.partition().check_position(Offset{4}));
    EXPECT_EQ(rig.partition().check_position(Offset{5}).error(), ErrorCode::offset_out_of_range);
    ASSERT_TRUE(rig.wait(rig.partition().log().advance_start(Offset{2})));
    EXPECT_EQ(rig.partition().log_start(), Offset{2});
    EXPECT_EQ(rig.partition().check_position(Offset{1}).error(), ErrorCode::offset_out_of_range);
}

struct Heard {
    int times = 0;
    io::TaskScope scope;
};
io::Task<void> listen(io::Signal& signal, Heard& heard) {
    for (;;) {
        co_await signal.wait();
        ++heard.times;
    }
}

TEST(Partition, AWatchHearsOfNewRecordsAndOfTheEndUntilItGoes) {
    PartitionRig rig;
    Heard heard;
    io::Signal news;
    auto watch = rig.on_shard([&] {
        auto made = std::make_unique<Partition::Watch>(news);
        rig.partition().watch(*made);
        heard.scope.spawn(listen(news, heard));
        return made;
    });
    ASSERT_TRUE(rig.append_batch({}));
    rig.settle(rig.partition().log());
    rig.run_for(milliseconds(1));
    const int before = heard.times;
    EXPECT_GE(before, 1);
    rig.on_shard([&] {
        watch.reset();
        rig.partition().close();
        return 0;
    });
    rig.run_for(milliseconds(1));
    EXPECT_EQ(heard.times, before);
    rig.on_shard([&] {
        heard.scope.destroy_all();
        return 0;
    });
}

}  // namespace
}  // namespace polylog::replication

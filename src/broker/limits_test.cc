#include <gtest/gtest.h>

#include "broker/broker.h"
#include "io/sim/run_task.h"
#include "model/record.h"

// Goal: the broker keeps to its limits, says so in the right words, and goes on when there is room
// again. Method: a whole broker on a simulated machine, called through its door.
namespace polylog::broker {
namespace {

using base::ErrorCode;
using base::Result;
using base::operator""s;
using base::operator""_MiB;
using base::operator""_GiB;
using io::Task;

constexpr uint64_t kDiskBytes = 10_GiB;

BrokerOptions small_broker(base::MemoryBudget& memory) {
    BrokerOptions options;
    options.storage.wal.file_bytes = 1_MiB;
    options.storage.disk_reserve_bytes = 0;
    options.limits.topics_max = 3;
    options.limits.partitions_max = 20;
    options.limits.partitions_per_topic_max = 10;
    options.memory = &memory;
    return options;
}

struct Program {
    explicit Program(sim::Node& node) : broker({&node.shard(0)}, small_broker(memory)) {
        node.spawn(start());
    }
    Task<void> start() { started = (co_await broker.start()).has_value(); }

    base::MemoryBudget memory{100_MiB, base::Limits()};
    Broker broker;
    bool started = false;
};

Task<std::vector<Result<void>>> commit(Broker& broker,
                                       std::vector<coordinator::OffsetCommit> commits) {
    co_return co_await broker.groups().commit({.group_id = "group"}, std::move(commits),
                                              std::nullopt);
}

base::Buffer one_record() {
    model::BatchBuilder builder;
    builder.add({.timestamp_ms = 1, .value = base::as_bytes("record")});
    return builder.build();
}

class BrokerLimits : public ::testing::Test {
protected:
    BrokerLimits() : world_(1), node_(world_.add_node({.disk = {.capacity_bytes = kDiskBytes}})) {
        node_.boot([this](sim::Node& node) {
            auto program = std::make_shared<Program>(node);
            program_ = program.get();
            return program;
        });
        world_.run_until([this] { return program_->started; }, 60s);
    }
    Broker& broker() { return program_->broker; }
    template <class T>
    T run(Task<T> task) {
        return std::move(*sim::run_task(node_, std::move(task)));
    }
    Result<std::shared_ptr<const meta::Topic>> create(std::string name, int32_t partitions) {
        std::vector<meta::NewTopic> topics;
        topics.push_back({.name = std::move(name), .partition_count = partitions});
        return std::move(run(broker().topics().create(std::move(topics), false)).front());
    }
    Result<Appended> append(const meta::Topic& topic) {
        base::Buffer batch = one_record();
        std::vector<AppendPart> parts;
        const base::MutableBytes bytes = batch.writable();
        parts.push_back({.partition = {topic.id, {0}}, .frame = std::move(batch), .batch = bytes});
        return std::move(run(broker().streams().append(std::move(parts))).front());
    }
    size_t records_read(const meta::Topic& topic) {
        Fetch fetch{.max_bytes = 1_MiB};
        fetch.parts.push_back({.partition = {topic.id, {0}}, .max_bytes = 1_MiB});
        const auto answers = run(broker().streams().fetch(std::move(fetch)));
        return answers.front().read.batches.size();
    }
    // Leaves so much of the disk available, as others who fill it would.
    void leave_available(uint64_t percent) {
        const auto used = run(node_.shard(0).env().disk.space())->total_bytes -
                          run(node_.shard(0).env().disk.space())->available_bytes;
        node_.disk().files().set_capacity(used * 100 / (100 - percent));
        world_.run_for(2s);
    }

    sim::World world_;
    sim::Node& node_;
    Program* program_ = nullptr;
};

TEST_F(BrokerLimits, RefuseRecordsOnANearlyFullDiskAndTakeThemAgainWithoutARestart) {
    const auto topic = create("orders", 1).value();
    ASSERT_TRUE(append(*topic));
    leave_available(9);
    EXPECT_EQ(append(*topic).error(), ErrorCode::disk_full);
    EXPECT_EQ(records_read(*topic), 1);
    EXPECT_TRUE(create("others", 1));  // what the broker must note goes on
    node_.disk().files().set_capacity(kDiskBytes);
    world_.run_for(2s);
    EXPECT_TRUE(append(*topic));
    EXPECT_EQ(broker().disk().stage(), DiskStage::normal);
}

TEST_F(BrokerLimits, ServeOnlyReadsAndDeletesOnAFullDisk) {
    const auto topic = create("orders", 1).value();
    ASSERT_TRUE(append(*topic));
    leave_available(4);
    EXPECT_EQ(broker().disk().stage(), DiskStage::read_only);
    EXPECT_EQ(append(*topic).error(), ErrorCode::disk_full);
    EXPECT_EQ(create("others", 1).error(), ErrorCode::disk_full);
    EXPECT_EQ(run(broker().topics().allocate_producer_ids(1)).error(), ErrorCode::disk_full);
    std::vector<coordinator::OffsetCommit> commits(1);
    const auto committed = run(commit(broker(), std::move(commits)));
    EXPECT_EQ(committed.front().error(), ErrorCode::disk_full);
    EXPECT_EQ(records_read(*topic), 1);
    std::vector<TrimPart> trim;
    trim.push_back({.partition = {topic->id, {0}}});
    EXPECT_TRUE(run(broker().streams().trim(std::move(trim))).front().status);
    EXPECT_TRUE(run(broker().topics().remove({topic->id})).front());
}

TEST_F(BrokerLimits, KnowTheStagesOfADisk) {
    const base::Limits limits;
    const auto stage = [&](uint64_t available) {
        return disk_stage({.total_bytes = 1000, .available_bytes = available}, limits);
    };
    EXPECT_EQ(stage(101), DiskStage::normal);
    EXPECT_EQ(stage(100), DiskStage::refuse_records);
    EXPECT_EQ(stage(51), DiskStage::refuse_records);
    EXPECT_EQ(stage(50), DiskStage::read_only);
    EXPECT_EQ(disk_stage({}, limits), DiskStage::normal);
}

TEST_F(BrokerLimits, RefuseRecordsOnlyInTheLastStageOfMemory) {
    const auto topic = create("orders", 1).value();
    base::MemoryClaim others(program_->memory, base::MemoryUse::requests);
    others.set(90_MiB);
    EXPECT_TRUE(append(*topic));
    others.set(95_MiB);
    EXPECT_EQ(append(*topic).error(), ErrorCode::throttled);
    EXPECT_EQ(records_read(*topic), 1);
    others.set(0);
    EXPECT_TRUE(append(*topic));
}

TEST_F(BrokerLimits, CountRecentBatchesAsMemory) {
    const auto topic = create("orders", 1).value();
    ASSERT_TRUE(append(*topic));
    EXPECT_GT(program_->memory.used_bytes(base::MemoryUse::storage), 0);
}

TEST_F(BrokerLimits, CapTopicsAndPartitions) {
    EXPECT_EQ(create("wide", 11).error(), ErrorCode::policy_violation);
    EXPECT_TRUE(create("one", 10));
    EXPECT_TRUE(create("two", 5));
    EXPECT_EQ(create("three", 6).error(), ErrorCode::policy_violation);  // 21 partitions
    EXPECT_TRUE(create("three", 1));
    const auto fourth = create("four", 1);
    EXPECT_EQ(fourth.error(), ErrorCode::policy_violation);
    EXPECT_TRUE(fourth.error().detail().contains("limits.topics_max"));
    std::vector<meta::MorePartitions> more;
    more.push_back({.topic = "two", .total_count = 8});
    more.push_back({.topic = "three", .total_count = 3});
    const auto added = run(broker().topics().add_partitions(std::move(more), false));
    EXPECT_TRUE(added[0]);
    EXPECT_EQ(added[1].error(), ErrorCode::policy_violation);  // together too many
}

TEST_F(BrokerLimits, FindAnEmptyDirectoryInOrder) {
    for (const log::RecoveryReport& report : broker().recovery()) {
        EXPECT_TRUE(report.was_in_order());
    }
}

}  // namespace
}  // namespace polylog::broker

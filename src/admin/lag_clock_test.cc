#include "admin/lag_clock.h"

#include <gtest/gtest.h>

#include "io/sim/run_task.h"
#include "model/record.h"

namespace polylog::admin {
namespace {

using base::operator""s;
using base::operator""_MiB;
using io::Task;

struct Program {
    explicit Program(sim::Node& node)
        : broker({&node.shard(0)}, {.storage = {.wal = {.file_bytes = 1_MiB}}}) {
        node.spawn(start());
    }
    Task<void> start() {
        if (!co_await broker.start()) co_return;
        std::vector<meta::NewTopic> topics;
        topics.push_back({.name = "orders", .partition_count = 1});
        const auto created = co_await broker.topics().create(std::move(topics), false);
        if (created.front()) partition = {(*created.front())->id, {0}};
        started = true;
    }

    broker::Broker broker;
    model::TopicPartition partition;
    bool started = false;
};

class LagClockTest : public ::testing::Test {
protected:
    LagClockTest() : world_(1), node_(world_.add_node()) {
        node_.boot([this](sim::Node& node) {
            auto program = std::make_shared<Program>(node);
            program_ = program.get();
            return program;
        });
        world_.run_until([this] { return program_->started; }, 60s);
    }
    // Records with these times, in one batch.
    void append(model::Compression compression, std::initializer_list<int64_t> times_ms) {
        model::BatchBuilder builder(compression);
        for (const int64_t time_ms : times_ms) {
            builder.add({.timestamp_ms = time_ms, .value = base::as_bytes("record")});
        }
        base::Buffer batch = builder.build();
        std::vector<broker::AppendPart> parts;
        const base::MutableBytes bytes = batch.writable();
        parts.push_back(
            {.partition = program_->partition, .frame = std::move(batch), .batch = bytes});
        const auto appended = sim::run_task(node_,
                                            program_->broker.streams().append(std::move(parts)));
        ASSERT_TRUE(appended && appended->front());
    }
    std::optional<int64_t> time_of(int64_t offset) {
        return *sim::run_task(node_,
                              clock_.time_of(program_->broker, program_->partition, {offset}));
    }
    double reads() {
        const auto statistics = sim::run_task(node_, program_->broker.statistics());
        return static_cast<double>(statistics->front().storage.tail_reads);
    }

    sim::World world_;
    sim::Node& node_;
    Program* program_ = nullptr;
    LagClock clock_;
};

TEST_F(LagClockTest, FindsTheTimeOfARecordInTheMiddleOfABatchOfAnyKind) {
    append(model::Compression::none, {1000, 2000, 3000});
    append(model::Compression::zstd, {4000, 5000, 6000});
    EXPECT_EQ(time_of(0), 1000);
    EXPECT_EQ(time_of(2), 3000);
    EXPECT_EQ(time_of(3), 4000);
    EXPECT_EQ(time_of(4), 5000);
}

TEST_F(LagClockTest, ReadsThePlaceOfAConsumerThatStandsStillOnlyOnce) {
    append(model::Compression::none, {1000, 2000});
    clock_.begin();
    EXPECT_EQ(time_of(1), 2000);
    const double before = reads();
    for (int scrape = 0; scrape < 3; ++scrape) {
        clock_.begin();
        EXPECT_EQ(time_of(1), 2000);
        EXPECT_EQ(time_of(1), 2000);
    }
    EXPECT_EQ(reads(), before);
}

TEST_F(LagClockTest, ReadsNoMoreThanSoManyPlacesInOneScrape) {
    for (int i = 0; i < 3; ++i) {
        for (size_t read = 0; read < LagClock::kReadsMax / 2; ++read) {
            append(model::Compression::none, {static_cast<int64_t>(read)});
        }
    }
    clock_.begin();
    for (int64_t offset = 0; offset < int64_t{LagClock::kReadsMax}; ++offset) {
        EXPECT_TRUE(time_of(offset));
    }
    EXPECT_FALSE(time_of(int64_t{LagClock::kReadsMax}));
    clock_.begin();
    EXPECT_TRUE(time_of(int64_t{LagClock::kReadsMax}));
}

}  // namespace
}  // namespace polylog::admin

#include "broker/broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "io/sim/run_task.h"
#include "model/record.h"
#include "model/topic_name.h"
#include "test/log/batches.h"

namespace polylog::broker {
namespace {

using base::ErrorCode;
using base::Result;
using io::Task;
using log::testing::make_batch;
using model::Offset;
using model::TopicPartition;
using std::chrono::seconds;

constexpr uint32_t kShards = 3;
constexpr int32_t kPartitions = 7;

// A broker on a simulated machine of three shards, asked from whichever of them.
class BrokerTest : public ::testing::Test {
protected:
    struct Program {
        Program(sim::Node& node, size_t shard_count, model::ConfigMap config) {
            std::vector<io::Shard*> shards;
            for (uint32_t i = 0; i < shard_count; ++i) shards.push_back(&node.shard(i));
            log::StorageOptions storage;
            storage.wal.file_bytes = 1 << 20;
            storage.disk_reserve_bytes = 0;
            broker = std::make_unique<Broker>(shards,
                                              BrokerOptions{.static_config = std::move(config),
                                                            .storage = std::move(storage)});
        }
        std::unique_ptr<Broker> broker;
    };

    BrokerTest() : node_(world_.add_node({.shards = kShards})) {}

    Result<void> start(size_t shard_count = kShards) {
        node_.boot([&](sim::Node& node) {
            auto program = std::make_shared<Program>(node, shard_count, config);
            program_ = program;
            return program;
        });
        return on(0, broker().start());
    }
    void SetUp() override { ASSERT_TRUE(start().has_value()); }

    // Runs a task on a shard to its end.
    template <class T>
    T on(uint32_t shard, Task<T> task) {
        auto result = std::make_shared<std::optional<T>>();
        node_.spawn(sim::detail::store_result(std::move(task), result), shard);
        world_.run_until([&] { return result->has_value(); }, std::chrono::minutes(10));
        if (!*result) {
            ADD_FAILURE() << world_.failure().value_or("the task did not end");
            std::abort();
        }
        return std::move(**result);
    }
    Broker& broker() { return *program_.lock()->broker; }
    sim::World& world() { return world_; }
    sim::Node& node() { return node_; }

    model::TopicId create(const std::string& name, int32_t partitions = kPartitions) {
        std::vector<meta::NewTopic> topics;
        topics.push_back({.name = name, .partition_count = partitions});
        const auto created = on(0, broker().topics().create(std::move(topics), false));
        EXPECT_TRUE(created.at(0).has_value()) << created.at(0).error().message();
        return (*created.at(0))->id;
    }
    Result<void> remove(model::TopicId id) { return on(0, broker().topics().remove({id})).at(0); }
    static AppendPart part(TopicPartition partition, log::testing::BatchShape shape = {},
                           Acks acks = Acks::all_replicas) {
        base::Buffer frame = make_batch(shape);
        const base::MutableBytes batch = frame.writable();
        return {.partition = partition, .frame = std::move(frame), .batch = batch, .acks = acks};
    }
    Result<Appended> append(uint32_t shard, TopicPartition partition,
                            log::testing::BatchShape shape = {}) {
        std::vector<AppendPart> parts;
        parts.push_back(part(partition, std::move(shape)));
        return std::move(on(shard, broker().streams().append(std::move(parts))).at(0));
    }
    static Fetch fetch_of(model::TopicId topic, base::MonoTime deadline = {}) {
        Fetch fetch{.parts = {}, .max_bytes = 1 << 20, .deadline = deadline};
        for (int32_t index = 0; index < kPartitions; ++index) {
            fetch.parts.push_back(
                {.partition = {topic, {index}}, .from = {0}, .max_bytes = 1 << 20});
        }
        return fetch;
    }
    base::MonoTime in(base::Duration time) { return node_.shard(0).now() + time; }

    model::ConfigMap config;

private:
    sim::World world_{1, {.fault_points = {.enabled = 0}}};
    sim::Node& node_;
    std::weak_ptr<Program> program_;
};

// --- Streams ---

using StreamsTest = BrokerTest;

TEST_F(StreamsTest, ReachEveryPartitionFromEveryShard) {
    const model::TopicId topic = create("t");
    for (int32_t index = 0; index < kPartitions; ++index) {
        for (uint32_t shard = 0; shard < kShards; ++shard)
            EXPECT_EQ(append(shard, {topic, {index}})->first.value, shard);
    }
    for (uint32_t shard = 0; shard < kShards; ++shard) {
        const auto answers = on(shard, broker().streams().fetch(fetch_of(topic)));
        for (const FetchAnswer& answer : answers) EXPECT_EQ(answer.high_watermark.value, kShards);
    }
}

TEST_F(StreamsTest, AnswerInTheOrderOfTheParts) {
    const model::TopicId topic = create("t");
    std::vector<AppendPart> parts;
    for (int32_t index = kPartitions; index >= 0; --index)  // the first does not exist
        parts.push_back(part({topic, {index}}, {.records = index + 1}));
    const auto answers = on(1, broker().streams().append(std::move(parts)));
    ASSERT_EQ(answers.size(), size_t{kPartitions} + 1);
    EXPECT_EQ(answers[0].error(), ErrorCode::unknown_topic);
    for (int32_t index = 0; index < kPartitions; ++index)
        EXPECT_EQ(answers[size_t{kPartitions} - static_cast<size_t>(index)]->last.value, index);
}

TEST_F(StreamsTest, AppendTheBatchesOfACallInTheirOrder) {
    const model::TopicId topic = create("t");
    std::vector<AppendPart> parts;
    for (int32_t i = 0; i < 10; ++i) {
        parts.push_back(
            part({topic, {0}}, {.producer_id = 5, .producer_epoch = 0, .base_sequence = i}));
    }
    const auto answers = on(2, broker().streams().append(std::move(parts)));
    for (size_t i = 0; i < answers.size(); ++i)
        EXPECT_EQ(answers[i]->first.value, static_cast<int64_t>(i));
}

TEST_F(StreamsTest, ShowNothingThatIsNotDurable) {
    const model::TopicId topic = create("t");
    std::vector<AppendPart> parts;
    parts.push_back(part({topic, {0}}, {}, Acks::none));
    EXPECT_TRUE(on(0, broker().streams().append(std::move(parts))).at(0).has_value());
    const auto answers = on(0, broker().streams().fetch(fetch_of(topic)));
    EXPECT_EQ(answers[0].high_watermark.value, 0);
    EXPECT_TRUE(answers[0].read.batches.empty());
}

TEST_F(StreamsTest, FetchNoMoreThanAskedForInAll) {
    const model::TopicId topic = create("t");
    for (int32_t index = 0; index < kPartitions; ++index)
        append(0, {topic, {index}}, {.value = std::string(1000, 'v')});
    Fetch fetch = fetch_of(topic);
    fetch.max_bytes = 2500;
    const auto answers = on(1, broker().streams().fetch(std::move(fetch)));
    size_t with_records = 0;
    for (const FetchAnswer& answer : answers) with_records += answer.read.size_bytes > 0;
    EXPECT_EQ(with_records, 2U);
}

TEST_F(StreamsTest, FetchTheFirstBatchHoweverLargeItIs) {
    const model::TopicId topic = create("t");
    append(0, {topic, {3}}, {.value = std::string(10'000, 'v')});
    Fetch fetch = fetch_of(topic);
    fetch.max_bytes = 1;
    EXPECT_GT(on(1, broker().streams().fetch(std::move(fetch))).at(3).read.size_bytes, 10'000U);
}

TEST_F(StreamsTest, FetchWaitsUntilItsDeadline) {
    const model::TopicId topic = create("t");
    const auto begun_at = world().now();
    on(1, broker().streams().fetch(fetch_of(topic, in(seconds(20)))));
    // The machine's clock may run fast or slow.
    EXPECT_GT(world().now() - begun_at, seconds(15));
    EXPECT_LT(world().now() - begun_at, seconds(25));
}

TEST_F(StreamsTest, FetchEndsWithARecordInAnyPartition) {
    const model::TopicId topic = create("t");
    for (int32_t index = 0; index < kPartitions; ++index) {
        Fetch fetch = fetch_of(topic, in(seconds(60)));
        for (int32_t before = 0; before < index; ++before)
            fetch.parts[static_cast<size_t>(before)].from = {1};
        auto answers = std::make_shared<std::optional<std::vector<FetchAnswer>>>();
        node().spawn(sim::detail::store_result(broker().streams().fetch(std::move(fetch)), answers),
                     1);
        world().run_for(seconds(1));
        EXPECT_FALSE(answers->has_value());
        append(2, {topic, {index}});
        world().run_for(seconds(1));
        ASSERT_TRUE(answers->has_value()) << index;
        EXPECT_GT((**answers)[static_cast<size_t>(index)].read.size_bytes, 0U);
    }
}

TEST_F(StreamsTest, FetchEndsAtOnceWhenAPartitionIsUnknown) {
    Fetch fetch = fetch_of(create("t"), in(seconds(60)));
    fetch.parts.back().partition.partition = {kPartitions};
    const auto begun_at = world().now();
    const auto answers = on(0, broker().streams().fetch(std::move(fetch)));
    EXPECT_EQ(answers.back().status.error(), ErrorCode::unknown_topic);
    EXPECT_LT(world().now() - begun_at, seconds(1));
}

TEST_F(StreamsTest, TrimWhatLiesBeforeAnOffset) {
    const model::TopicId topic = create("t");
    for (int i = 0; i < 5; ++i) append(0, {topic, {0}});
    const auto trimmed = [&](std::optional<int64_t> before) {
        std::vector<TrimPart> parts{{.partition = {topic, {0}}}};
        if (before) parts[0].before = Offset{*before};
        return on(2, broker().streams().trim(std::move(parts))).at(0);
    };
    EXPECT_EQ(trimmed(3).log_start.value, 3);
    EXPECT_EQ(trimmed(6).status.error(), ErrorCode::offset_out_of_range);
    EXPECT_EQ(trimmed(std::nullopt).log_start.value, 5);
}

TEST_F(StreamsTest, ListEveryPartitionOnce) {
    create("a");
    create("b", 2);
    std::set<TopicPartition> seen;
    for (const StoredLog& log : on(1, broker().streams().stored_logs())) {
        EXPECT_TRUE(log.online);
        EXPECT_TRUE(seen.insert(log.partition).second);
    }
    EXPECT_EQ(seen.size(), size_t{kPartitions} + 2);
}

// --- Topics ---

using TopicsTest = BrokerTest;

Task<bool> knows(Broker& broker, std::string name) {  // coroutine-safe: the test awaits it
    co_return broker.topics().image()->find(name) != nullptr;
}

TEST_F(TopicsTest, AreKnownOnEveryShardWhenTheyAreCreated) {
    const model::TopicId topic = create("t");
    for (uint32_t shard = 0; shard < kShards; ++shard) EXPECT_TRUE(on(shard, knows(broker(), "t")));
    EXPECT_TRUE(remove(topic).has_value());
    for (uint32_t shard = 0; shard < kShards; ++shard)
        EXPECT_FALSE(on(shard, knows(broker(), "t")));
}

TEST_F(TopicsTest, LeaveNoPartitionBehind) {
    const model::TopicId topic = create("t");
    append(0, {topic, {0}});
    EXPECT_TRUE(remove(topic).has_value());
    EXPECT_EQ(append(1, {topic, {0}}).error(), ErrorCode::unknown_topic);
    EXPECT_TRUE(on(0, broker().streams().stored_logs()).empty());
}

TEST_F(TopicsTest, AreCreatedOnceWhenSeveralShardsWantThemAtOnce) {
    using Found = Result<Topics::TopicPtr>;
    std::vector<std::shared_ptr<std::optional<Found>>> results;
    for (uint32_t shard = 0; shard < kShards; ++shard) {
        results.push_back(std::make_shared<std::optional<Found>>());
        node().spawn(sim::detail::store_result(broker().topics().find_or_create("t"),
                                               results.back()),
                     shard);
    }
    world().run_for(seconds(5));
    for (const auto& result : results) {
        ASSERT_TRUE(result->has_value() && (*result)->has_value());
        EXPECT_EQ((***result)->id, (***results.front())->id);
    }
}

TEST_F(TopicsTest, AllotProducerIdsThatNeverComeAgain) {
    std::set<int64_t> blocks;
    for (int life = 0; life < 3; ++life) {
        for (uint32_t shard = 0; shard < kShards; ++shard) {
            const auto first = on(shard, broker().topics().allocate_producer_ids(10));
            ASSERT_TRUE(first.has_value());
            for (int64_t id = 0; id < 10; ++id)
                EXPECT_TRUE(blocks.insert(first->value + id).second);
        }
        node().crash(sim::Crash::power_cut);
        ASSERT_TRUE(start().has_value());
    }
}

// --- FetchWait ---

using FetchWaitTest = BrokerTest;

TEST_F(FetchWaitTest, LeavesNothingBehindOnAnyShard) {
    const model::TopicId topic = create("t");
    for (int i = 0; i < 10; ++i) {
        auto answers = std::make_shared<std::optional<std::vector<FetchAnswer>>>();
        Fetch fetch = fetch_of(topic, in(std::chrono::hours(1)));
        for (FetchPart& part : fetch.parts) part.from = {i};
        node().spawn(sim::detail::store_result(broker().streams().fetch(std::move(fetch)), answers),
                     1);
        world().run_for(seconds(1));
        for (int32_t index = 0; index < kPartitions; ++index) append(0, {topic, {index}});
        world().run_for(seconds(1));
        ASSERT_TRUE(answers->has_value());
    }
    for (uint32_t shard = 0; shard < kShards; ++shard)
        EXPECT_TRUE(node().shard(shard).scope().empty()) << shard;
}

TEST_F(FetchWaitTest, LeavesNothingBehindWhenTheFetchIsDropped) {
    const model::TopicId topic = create("t");
    auto scope = std::make_unique<io::TaskScope>();
    auto answers = std::make_shared<std::optional<std::vector<FetchAnswer>>>();
    node().shard(1).run([&] {
        scope->spawn(sim::detail::store_result(
            broker().streams().fetch(fetch_of(topic, in(std::chrono::hours(1)))), answers));
    });
    world().run_for(seconds(1));
    node().shard(1).run([&] { scope.reset(); });
    world().run_for(seconds(1));
    EXPECT_FALSE(answers->has_value());
    for (uint32_t shard = 0; shard < kShards; ++shard)
        EXPECT_TRUE(node().shard(shard).scope().empty()) << shard;
    append(0, {topic, {0}});  // there is nobody to be told
}

TEST_F(FetchWaitTest, EndsWhenTheTopicIsDeleted) {
    const model::TopicId topic = create("t");
    auto answers = std::make_shared<std::optional<std::vector<FetchAnswer>>>();
    node().spawn(sim::detail::store_result(
                     broker().streams().fetch(fetch_of(topic, in(std::chrono::hours(1)))), answers),
                 2);
    world().run_for(seconds(1));
    EXPECT_TRUE(remove(topic).has_value());
    world().run_for(seconds(1));
    ASSERT_TRUE(answers->has_value());
    // One partition goes after the other: the first is news enough.
    EXPECT_TRUE(std::ranges::any_of(**answers, [](const FetchAnswer& answer) {
        return !answer.status && answer.status.error() == ErrorCode::unknown_topic;
    }));
}

// --- From start to stop ---

Task<meta::ImagePtr> image_of(Broker& broker) {  // coroutine-safe: the test awaits it
    co_return broker.topics().image();
}

TEST_F(BrokerTest, KeepsWhatWasAcknowledgedThroughAPowerCut) {
    const model::TopicId topic = create("t");
    for (int32_t index = 0; index < kPartitions; ++index) append(0, {topic, {index}});
    node().crash(sim::Crash::power_cut);
    ASSERT_TRUE(start().has_value());
    const auto answers = on(1, broker().streams().fetch(fetch_of(topic)));
    for (const FetchAnswer& answer : answers) {
        EXPECT_TRUE(answer.status.has_value());
        EXPECT_EQ(answer.high_watermark.value, 1);
    }
}

TEST_F(BrokerTest, StartsCleanlyAfterACleanStop) {
    const model::TopicId topic = create("t");
    append(0, {topic, {0}});
    ASSERT_TRUE(on(0, broker().stop()).has_value());
    node().crash(sim::Crash::power_cut);
    ASSERT_TRUE(start().has_value());
    for (const log::RecoveryReport& report : broker().recovery()) {
        EXPECT_TRUE(report.clean);
        EXPECT_EQ(report.entries_replayed, 0U);
    }
}

TEST_F(BrokerTest, RaisesEveryLeaderEpochAfterACrashAndAfterNothingElse) {
    const model::TopicId topic = create("t");
    const auto epoch = [&] {
        const meta::ImagePtr image = on(0, image_of(broker()));
        return image->leader_epoch(*image->find(topic)).value;
    };
    EXPECT_EQ(epoch(), 0);
    node().crash(sim::Crash::kill);
    ASSERT_TRUE(start().has_value());
    EXPECT_EQ(epoch(), 1);
    ASSERT_TRUE(on(0, broker().stop()).has_value());
    node().crash(sim::Crash::kill);
    ASSERT_TRUE(start().has_value());
    EXPECT_EQ(epoch(), 1);
}

TEST_F(BrokerTest, RefusesADirectoryThatIsDividedIntoAnotherNumberOfShards) {
    node().crash(sim::Crash::kill);
    const auto started = start(kShards - 1);
    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error(), ErrorCode::unsupported);
    node().crash(sim::Crash::kill);
    EXPECT_TRUE(start().has_value());
}

// --- Groups ---

TEST_F(BrokerTest, TellsThatGroupsCannotBeReadBackUntilTheyCan) {
    config = {{"offsets.topic.num.partitions", "1"}};
    node().crash(sim::Crash::kill);
    ASSERT_TRUE(start().has_value());
    const auto made = on(0, broker().topics().find_or_create(std::string(model::kOffsetsTopic)));
    ASSERT_TRUE(made.has_value());
    const TopicPartition offsets{(*made)->id, {0}};
    // The key of a group, and a value in a layout that a later broker might write.
    const std::string key("\0\2\0\1g", 5), value("\x7f\xff", 2);
    model::BatchBuilder builder;
    builder.add({.timestamp_ms = 1, .key = base::as_bytes(key), .value = base::as_bytes(value)});
    base::Buffer frame = builder.build();
    const base::MutableBytes batch = frame.writable();
    std::vector<AppendPart> parts;
    parts.push_back({.partition = offsets, .frame = std::move(frame), .batch = batch});
    const auto appended = on(0, broker().streams().append(std::move(parts)));
    ASSERT_TRUE(appended.at(0).has_value());

    node().crash(sim::Crash::kill);
    ASSERT_TRUE(start().has_value());
    world().run_for(seconds(30));
    const auto refused = on(0, broker().groups().list());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), ErrorCode::coordinator_not_available);
    EXPECT_THAT(std::string(refused.error().detail()), testing::HasSubstr("unsupported_version"));

    std::vector<TrimPart> trim{{.partition = offsets, .before = std::nullopt}};
    ASSERT_TRUE(on(0, broker().streams().trim(std::move(trim))).at(0).status);
    world().run_for(seconds(61));
    EXPECT_TRUE(on(0, broker().groups().list()));
}

}  // namespace
}  // namespace polylog::broker

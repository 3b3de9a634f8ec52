#include "broker/queues.h"

#include <gtest/gtest.h>

#include <set>

#include "broker/broker.h"
#include "io/sim/run_task.h"

namespace polylog::broker {
namespace {

using base::ErrorCode;
using base::Result;
using io::Task;
using queue::Settle;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Bodies = std::multiset<std::string>;

constexpr uint32_t kShards = 3;

// Queues of a broker on a simulated machine of three shards, asked from whichever of them.
class QueuesTest : public ::testing::Test {
protected:
    struct Program {
        explicit Program(sim::Node& node) {
            std::vector<io::Shard*> shards;
            for (uint32_t i = 0; i < kShards; ++i) shards.push_back(&node.shard(i));
            log::StorageOptions storage;
            storage.wal.file_bytes = 1 << 20;
            storage.disk_reserve_bytes = 0;
            broker = std::make_unique<Broker>(shards, BrokerOptions{.storage = std::move(storage)});
        }
        std::unique_ptr<Broker> broker;
    };

    QueuesTest() : node_(world_.add_node({.shards = kShards})) {}
    void SetUp() override { start(); }

    void start() {
        node_.boot([&](sim::Node& node) {
            auto program = std::make_shared<Program>(node);
            program_ = program;
            return program;
        });
        const auto started = on(0, program_.lock()->broker->start());
        ASSERT_TRUE(started) << started.error().message();
    }
    void restart_after(sim::Crash crash) {
        node_.crash(crash);
        start();
    }

    template <class T>
    std::shared_ptr<std::optional<T>> spawn(uint32_t shard, Task<T> task) {
        auto result = std::make_shared<std::optional<T>>();
        node_.spawn(sim::detail::store_result(std::move(task), result), shard);
        return result;
    }
    template <class T>
    T on(uint32_t shard, Task<T> task) {
        const auto result = spawn(shard, std::move(task));
        world_.run_until([&] { return result->has_value(); }, std::chrono::minutes(10));
        if (!*result) {
            ADD_FAILURE() << world_.failure().value_or("the task did not end");
            std::abort();
        }
        return std::move(**result);
    }
    Queues& queues() { return program_.lock()->broker->queues(); }
    Broker& broker() { return *program_.lock()->broker; }
    Result<Queues::QueuePtr> find(const std::string& name) {
        std::optional<Result<Queues::QueuePtr>> found;
        node_.shard(1).run([&] { found = queues().find(name); });
        return std::move(*found);
    }
    size_t count() {
        size_t queue_count = 0;
        node_.shard(2).run([&] { queue_count = queues().list().size(); });
        return queue_count;
    }
    void run_for(base::Duration duration) { world_.run_for(duration); }

    Queues::QueuePtr create(const std::string& name, int32_t partitions = 1,
                            model::QueueSettings settings = {}) {
        auto created = on(1, queues().create({.name = name,
                                              .settings = std::move(settings),
                                              .partition_count = partitions}));
        EXPECT_TRUE(created) << created.error().message();
        return *created;
    }
    std::vector<Result<QueueSent>> send(uint32_t shard, Queues::QueuePtr queue,
                                        std::vector<std::string> bodies,
                                        std::optional<std::string> group = {}) {
        std::vector<queue::Send> sends;
        for (const std::string& body : bodies) {
            sends.emplace_back().message.body = base::Slice::copy_of(body);
            sends.back().message.group = group;
        }
        return on(shard, queues().send(std::move(queue), std::move(sends)));
    }
    std::vector<QueueDelivery> receive(uint32_t shard, Queues::QueuePtr queue, uint32_t max = 10) {
        auto received = on(shard, queues().receive(std::move(queue), {.messages_max = max}));
        EXPECT_TRUE(received) << received.error().message();
        return received ? std::move(*received) : std::vector<QueueDelivery>();
    }
    // Until there is nothing left.
    std::vector<QueueDelivery> receive_all(uint32_t shard, const Queues::QueuePtr& queue) {
        std::vector<QueueDelivery> all;
        for (;;) {
            auto some = receive(shard, queue);
            if (some.empty()) return all;
            for (QueueDelivery& one : some) all.push_back(std::move(one));
        }
    }
    static Bodies bodies(const std::vector<QueueDelivery>& deliveries) {
        Bodies texts;
        for (const QueueDelivery& one : deliveries) texts.emplace(one.delivery.message.body.text());
        return texts;
    }
    Result<void> settle(uint32_t shard, Queues::QueuePtr queue, const QueueDelivery& delivery,
                        Settle::Outcome outcome = Settle::Outcome::done) {
        std::vector<QueueSettle> settles{
            {.partition = delivery.partition,
             .settle = {.lease = delivery.delivery.lease, .outcome = outcome}}};
        return on(shard, queues().settle(std::move(queue), std::move(settles))).front();
    }
    queue::Depth depth(Queues::QueuePtr queue) {
        return on(2, queues().depth(std::move(queue))).value();
    }

    sim::World world_{1, {.fault_points = {.enabled = 0}}};
    sim::Node& node_;
    std::weak_ptr<Program> program_;
};

TEST_F(QueuesTest, AreTopicsWithSettings) {
    model::QueueSettings settings;
    settings.lease_time = seconds(7);
    const auto queue = create("orders", 2, settings);
    EXPECT_EQ(queue->config->queue.lease_time, seconds(7));
    EXPECT_TRUE(queue->config->queue.delete_settled);
    EXPECT_EQ(count(), 1u);
    EXPECT_EQ((*find("orders"))->id, queue->id);
    EXPECT_EQ(find("other").error(), ErrorCode::unknown_topic);
    auto again = on(0, queues().create({.name = "orders", .settings = {}}));
    EXPECT_EQ(again.error(), ErrorCode::topic_exists);
    EXPECT_TRUE(on(2, queues().remove(queue)));
    EXPECT_EQ(find("orders").error(), ErrorCode::unknown_topic);
    EXPECT_EQ(on(2, queues().remove(queue)).error(), ErrorCode::unknown_topic);
}

TEST_F(QueuesTest, ATopicThatIsNoQueueIsNotFound) {
    std::vector<meta::NewTopic> topics;
    topics.push_back({.name = "plain", .partition_count = 1});
    const auto created = on(0, broker().topics().create(std::move(topics), false));
    ASSERT_TRUE(created.front());
    EXPECT_EQ(find("plain").error(), ErrorCode::unknown_topic);
    EXPECT_EQ(send(0, *created.front(), {"a"})[0].error(), ErrorCode::unknown_topic);
}

TEST_F(QueuesTest, SendReceiveAndSettleFromEveryShard) {
    for (int32_t partitions : {1, 5}) {
        const auto queue = create("orders" + std::to_string(partitions), partitions);
        for (uint32_t shard = 0; shard < kShards; ++shard) {
            for (const auto& sent : send(shard, queue, {"a", "b", "c"})) ASSERT_TRUE(sent);
            const auto received = receive_all((shard + 1) % kShards, queue);
            EXPECT_EQ(bodies(received), (Bodies{"a", "b", "c"}));
            EXPECT_EQ(depth(queue).leased, 3u);
            for (const QueueDelivery& one : received)
                EXPECT_TRUE(settle((shard + 2) % kShards, queue, one));
            EXPECT_EQ(depth(queue), queue::Depth{});
        }
    }
}

TEST_F(QueuesTest, MessagesOfOneGroupStayInOnePartition) {
    const auto queue = create("orders", 5);
    std::set<int32_t> of_group;
    std::set<int32_t> of_nobody;
    for (int i = 0; i < 20; ++i) {
        of_group.insert(send(0, queue, {"x"}, "g")[0]->partition.value);
        of_nobody.insert(send(0, queue, {"x"})[0]->partition.value);
    }
    EXPECT_EQ(of_group.size(), 1u);
    EXPECT_EQ(of_nobody.size(), 5u);
}

TEST_F(QueuesTest, AWaitingReceiveIsServedFromWhicheverPartitionComesFirst) {
    const auto queue = create("orders", 5);
    for (uint32_t shard = 0; shard < kShards; ++shard) {
        for (int i = 0; i < 5; ++i) {
            const auto deadline = node_.shard(shard).now() + seconds(20);
            const auto waiting = spawn(shard, queues().receive(queue, {.messages_max = 10,
                                                                       .deadline = deadline}));
            run_for(seconds(1));
            ASSERT_FALSE(waiting->has_value());
            ASSERT_TRUE(send(0, queue, {"a"})[0]);
            run_for(milliseconds(100));
            ASSERT_TRUE(waiting->has_value());
            ASSERT_EQ((*waiting)->value().size(), 1u);
            ASSERT_TRUE(settle(shard, queue, (*waiting)->value()[0]));
        }
    }
    EXPECT_EQ(depth(queue), queue::Depth{});
}

TEST_F(QueuesTest, AReceiveThatIsDroppedLeavesNothingLeased) {
    for (const int32_t partitions : {1, 5}) {
        const auto queue = create("orders" + std::to_string(partitions), partitions);
        for (uint32_t shard = 0; shard < kShards; ++shard) {
            for (int wait_us = 0; wait_us < 400; wait_us += 40) {
                ASSERT_TRUE(send(0, queue, {"a"})[0]);
                auto call = std::make_shared<io::TaskScope>();
                const auto
                    got = std::make_shared<std::optional<Result<std::vector<QueueDelivery>>>>();
                node_.shard(shard).post([&, call, got] {
                    call->spawn(sim::detail::store_result(
                        queues().receive(queue,
                                         {.messages_max = 10,
                                          .deadline = node_.shard(shard).now() + seconds(5)}),
                        got));
                });
                run_for(std::chrono::microseconds(wait_us));
                node_.shard(shard).post([call] { call->destroy_all(); });
                run_for(seconds(1));
                const bool answered = got->has_value();
                EXPECT_EQ(depth(queue), (queue::Depth{.ready = answered ? 0u : 1u,
                                                      .leased = answered ? 1u : 0u}));
                ASSERT_TRUE(on(0, queues().purge(queue)));
            }
        }
    }
}

TEST_F(QueuesTest, SurviveACrashWithTheirSettlements) {
    for (const auto crash : {sim::Crash::kill, sim::Crash::power_cut}) {
        auto queue = create(crash == sim::Crash::kill ? "one" : "two", 3);
        for (int i = 0; i < 6; ++i) ASSERT_TRUE(send(0, queue, {std::to_string(i)})[0]);
        const auto received = receive_all(0, queue);
        ASSERT_EQ(received.size(), 6u);
        for (size_t i = 0; i < 3; ++i) ASSERT_TRUE(settle(0, queue, received[i]));
        restart_after(crash);
        queue = *find(queue->name);
        EXPECT_EQ(depth(queue), (queue::Depth{.leased = 3}));
        run_for(seconds(35));  // the machine's clock may be slow
        EXPECT_EQ(receive_all(1, queue).size(), 3u);
    }
}

TEST_F(QueuesTest, DeadLettersGoToTheQueueNamedAndWaitForItToExist) {
    model::QueueSettings settings;
    settings.dead_letter = {.queue = "dead", .leases_max = 3, .text = {}};
    const auto queue = create("orders", 2, settings);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(send(0, queue, {std::to_string(i)})[0]);
    for (const QueueDelivery& one : receive_all(0, queue))
        ASSERT_TRUE(settle(0, queue, one, Settle::Outcome::reject));
    run_for(seconds(5));
    EXPECT_EQ(depth(queue).dead, 4u);
    const auto dead = create("dead", 2);
    run_for(seconds(40));
    EXPECT_EQ(depth(queue), queue::Depth{});
    const auto received = receive_all(0, dead);
    EXPECT_EQ(bodies(received), (Bodies{"0", "1", "2", "3"}));
    EXPECT_EQ(received[0].delivery.message.dead_letter_source, "orders");
}

TEST_F(QueuesTest, SettingsCanChangeButNotTheOrder) {
    auto queue = create("orders");
    model::QueueSettings settings = queue->config->queue;
    settings.lease_time = seconds(1);
    settings.tags = {{"team", "blue"}};
    ASSERT_TRUE(on(1, queues().alter(queue, settings)));
    queue = *find("orders");
    EXPECT_EQ(queue->config->queue, settings);
    ASSERT_TRUE(send(0, queue, {"a"})[0]);
    receive(0, queue);
    run_for(seconds(2));
    EXPECT_EQ(depth(queue).ready, 1u);
    settings.tags.clear();
    settings.lease_time = seconds(30);
    ASSERT_TRUE(on(1, queues().alter(queue, settings)));
    EXPECT_EQ((*find("orders"))->config->queue, settings);
    settings.ordered = true;
    EXPECT_EQ(on(1, queues().alter(queue, settings)).error(), ErrorCode::invalid_request);
}

TEST_F(QueuesTest, ARemovedQueueTellsThoseWhoWaitAndLeavesNoFiles) {
    const auto queue = create("orders", 3);
    ASSERT_TRUE(send(0, queue, {"a"})[0]);
    ASSERT_EQ(receive_all(0, queue).size(), 1u);
    const auto deadline = node_.shard(1).now() + seconds(20);
    const auto waiting = spawn(1, queues().receive(queue, {.deadline = deadline}));
    run_for(seconds(1));
    ASSERT_TRUE(on(2, queues().remove(queue)));
    run_for(milliseconds(100));
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ((*waiting)->error(), ErrorCode::unknown_topic);
    EXPECT_EQ(send(0, queue, {"b"})[0].error(), ErrorCode::unknown_topic);
    restart_after(sim::Crash::kill);
    EXPECT_EQ(on(0, broker().streams().stored_logs()).size(), 0u);
}

TEST_F(QueuesTest, AStreamReadsWhatWasSentAndAStreamsRecordsAreMessages) {
    const auto queue = create("orders");
    ASSERT_TRUE(send(0, queue, {"a", "b"})[0]);
    Fetch fetch{.parts = {{.partition = {queue->id, {0}}, .from = {0}, .max_bytes = 1 << 20}},
                .max_bytes = 1 << 20};
    const auto fetched = on(2, broker().streams().fetch(std::move(fetch)));
    EXPECT_EQ(fetched[0].high_watermark, model::Offset{2});
    EXPECT_GT(fetched[0].read.size_bytes, 0u);
    model::BatchBuilder builder;
    builder.add({.timestamp_ms = 1, .key = {}, .value = base::as_bytes("c"), .headers = {}});
    base::Buffer frame = builder.build();
    std::vector<AppendPart> parts;
    const base::MutableBytes batch = frame.writable();
    parts.push_back({.partition = {queue->id, {0}}, .frame = std::move(frame), .batch = batch});
    ASSERT_TRUE(on(1, broker().streams().append(std::move(parts)))[0]);
    EXPECT_EQ(bodies(receive_all(0, queue)), (Bodies{"a", "b", "c"}));
}

TEST_F(QueuesTest, PeekSeekPurgeAndAgeSeeAllPartitions) {
    const auto queue = create("orders", 3);
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(send(0, queue, {std::to_string(i)})[0]);
    EXPECT_EQ(on(1, queues().peek(queue, 10))->size(), 6u);
    EXPECT_TRUE(on(1, queues().oldest_sent_at_ms(queue))->has_value());
    const auto received = receive_all(0, queue);
    for (const QueueDelivery& one : received) ASSERT_TRUE(settle(0, queue, one));
    EXPECT_FALSE(on(1, queues().oldest_sent_at_ms(queue))->has_value());
    ASSERT_TRUE(on(1, queues().seek(queue, 0)));
    EXPECT_EQ(depth(queue).ready, 6u);
    ASSERT_TRUE(on(1, queues().purge(queue)));
    EXPECT_EQ(depth(queue), queue::Depth{});
}

}  // namespace
}  // namespace polylog::broker

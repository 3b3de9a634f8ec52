#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/broker.h"
#include "io/sim/run_task.h"

namespace polylog::broker::testing {

// Queues as a fan-out sees them, without a broker behind: what was stored in them stays over
// crashes of the machine that has the topics.
class QueuesOutside {
public:
    struct Queue {
        std::vector<model::Message> messages;
        std::map<queue::HandOff, size_t> known;  // hand-offs that were stored and not forgotten
        size_t tries = 0;                        // hand-offs that were tried
        std::optional<base::ErrorCode> trouble;
    };

    Queue& operator[](const std::string& name) { return queues_[name]; }

    std::vector<std::string> bodies(const std::string& name) {
        std::vector<std::string> bodies;
        for (const model::Message& message : queues_[name].messages)
            bodies.emplace_back(message.body.text());
        return bodies;
    }

    QueueDoor door() {
        return {.send =
                    [this](routing::QueueTarget target, std::vector<queue::Send> sends) {
                        return io::ready(store(target.name, std::move(sends)));
                    },
                .forget =
                    [this](routing::QueueTarget target, std::vector<queue::HandOff> hand_offs) {
                        return forget(std::move(target), std::move(hand_offs));
                    }};
    }

private:
    std::vector<base::Result<void>> store(const std::string& name, std::vector<queue::Send> sends) {
        std::vector<base::Result<void>> results(sends.size());
        const auto found = queues_.find(name);
        if (found == queues_.end()) {
            results.assign(sends.size(), base::fail(base::ErrorCode::unknown_topic));
            return results;
        }
        Queue& queue = found->second;
        queue.tries += sends.size();
        if (queue.trouble) {
            results.assign(sends.size(), base::fail(*queue.trouble));
            return results;
        }
        for (queue::Send& send : sends) {
            const bool is_new = queue.known.emplace(*send.hand_off, queue.messages.size()).second;
            if (is_new) queue.messages.push_back(std::move(send.message));
        }
        return results;
    }
    io::Task<void> forget(routing::QueueTarget target, std::vector<queue::HandOff> hand_offs) {
        for (const queue::HandOff& hand_off : hand_offs) queues_[target.name].known.erase(hand_off);
        co_return;
    }

    std::map<std::string, Queue> queues_;
};

// A broker on a simulated machine of three shards, with queues outside it.
class PublicationRig {
public:
    static constexpr uint32_t kShards = 3;

    PublicationRig() : node_(world_.add_node({.shards = kShards})) {}

    // With the broker's own queues instead of those outside, if that is said.
    void start() {
        node_.boot([this](sim::Node& node) {
            auto program = std::make_shared<Program>(node, *this);
            program_ = program.get();
            return program;
        });
        const auto started = on(0, broker().start());
        ASSERT_TRUE(started) << started.error().message();
    }
    void crash(sim::Crash kind = sim::Crash::power_cut) { node_.crash(kind); }

    // Runs a task on a shard to its end.
    template <class T>
    T on(uint32_t shard, io::Task<T> task) {
        auto result = std::make_shared<std::optional<T>>();
        node_.spawn(sim::detail::store_result(std::move(task), result), shard);
        world_.run_until([&] { return result->has_value(); }, std::chrono::minutes(10));
        if (!*result) {
            ADD_FAILURE() << world_.failure().value_or("the task did not end");
            std::abort();
        }
        return std::move(**result);
    }
    void run_for(base::Duration duration) {
        world_.run_until([] { return false; }, duration);
    }

    Broker& broker() { return program_->broker; }
    sim::Node& node() { return node_; }

    Publications::TopicPtr create(std::string name, model::PublicationSettings settings = {},
                                  int32_t partitions = 1) {
        NewPublicationTopic wanted{.name = std::move(name),
                                   .settings = std::move(settings),
                                   .partition_count = partitions};
        const auto created = on(0, broker().publications().create(std::move(wanted)));
        EXPECT_TRUE(created) << created.error().message();
        return *created;
    }
    // A confirmed subscription of a queue; with `change` anything else of it is set.
    routing::SubscriptionPtr subscribe(
        const Publications::TopicPtr& topic, std::string queue,
        const std::function<void(routing::Subscription&)>& change = {}) {
        routing::Subscription wanted{.topic = topic->id,
                                     .target = routing::QueueTarget{std::move(queue)},
                                     .confirmed = true};
        if (change) change(wanted);
        const auto made = on(1, broker().subscriptions().subscribe(std::move(wanted)));
        EXPECT_TRUE(made) << made.error().message();
        return made->subscription;
    }
    std::vector<base::Result<Published>> publish(const Publications::TopicPtr& topic,
                                                 std::vector<model::Message> messages) {
        return on(2, broker().publications().publish(topic, std::move(messages)));
    }
    // Begins to publish; the answer comes later, or never.
    using Answer = std::shared_ptr<std::optional<std::vector<base::Result<Published>>>>;
    Answer publish_later(const Publications::TopicPtr& topic,
                         std::vector<model::Message> messages) {
        Answer answer = std::make_shared<std::optional<std::vector<base::Result<Published>>>>();
        node_.spawn(sim::detail::store_result(broker().publications().publish(topic,
                                                                              std::move(messages)),
                                              answer),
                    2);
        return answer;
    }
    base::Result<Published> publish(const Publications::TopicPtr& topic, std::string_view body) {
        std::vector<model::Message> messages(1);
        messages.front().body = base::Slice::copy_of(body);
        return publish(topic, std::move(messages)).front();
    }

    base::Limits limits;
    bool own_queues = false;
    QueuesOutside queues;

private:
    struct Program {
        Program(sim::Node& node, PublicationRig& rig) : broker(shards_of(node), options(rig)) {}
        static std::vector<io::Shard*> shards_of(sim::Node& node) {
            std::vector<io::Shard*> shards;
            for (uint32_t i = 0; i < kShards; ++i) shards.push_back(&node.shard(i));
            return shards;
        }
        static BrokerOptions options(PublicationRig& rig) {
            BrokerOptions options;
            options.storage.wal.file_bytes = 1 << 20;
            options.storage.disk_reserve_bytes = 0;
            options.limits = rig.limits;
            if (!rig.own_queues) options.queue_door = rig.queues.door();
            return options;
        }
        Broker broker;
    };
    sim::World world_{1, {.fault_points = {.enabled = 0}}};
    sim::Node& node_;
    Program* program_ = nullptr;
};

}  // namespace polylog::broker::testing

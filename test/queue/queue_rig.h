#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/sim/run_task.h"
#include "io/sim/world.h"
#include "test/queue/queue_node.h"

namespace polylog::queue::testing {

using base::ErrorCode;
using base::Result;
using model::Offset;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// An answer that may still be under way.
template <class T>
using Pending = std::shared_ptr<std::optional<T>>;

// Queues on a simulated machine, driven from outside; kills, power cuts and reloads included. The
// first queue is the one under test unless another is named.
class QueueRig {
public:
    explicit QueueRig(uint64_t seed = 1)
        : world_(seed, {.fault_points = {.enabled = 0}}), node_(world_.add_node(quiet_machine())) {
        add("orders");
    }

    sim::World& world() { return world_; }
    sim::Node& node() { return node_; }
    QueueNode& program() { return *program_; }
    std::shared_ptr<Queue> queue(size_t index = 0) { return program_->queue(index); }
    // Before start().
    model::QueueSettings& settings(size_t index = 0) { return specs_[index].config.queue; }
    model::TopicConfig& config(size_t index = 0) { return specs_[index].config; }
    void add(std::string name) {
        QueueSpec spec{.name = std::move(name), .config = {}};
        spec.config.segment_bytes = 128 << 10;
        spec.config.is_queue = true;
        spec.config.retention_ms = model::TopicConfig::kUnlimited;
        specs_.push_back(std::move(spec));
    }
    // A queue "dead" that gets the messages of the first one.
    void add_dead_letter_queue(uint32_t leases_max) {
        settings().dead_letter = {.queue = "dead", .leases_max = leases_max, .text = {}};
        add("dead");
    }

    void start() {
        node_.boot([this](sim::Node& booted) {
            auto program = std::make_shared<QueueNode>(booted.shard(0), specs_, ++boots_,
                                                       QueueNode::small_storage());
            program_ = program.get();
            return program;
        });
        const auto started = wait(program_->start());
        ASSERT_TRUE(started) << started.error().message();
    }
    void restart_after(sim::Crash kind) {
        node_.crash(kind);
        start();
    }

    void run_for(base::Duration duration) { world_.run_for(duration); }
    base::MonoTime in(base::Duration duration) { return node_.shard(0).now() + duration; }
    template <class T>
    Pending<T> spawn(io::Task<T> task) {
        auto result = std::make_shared<std::optional<T>>();
        node_.spawn(sim::detail::store_result(std::move(task), result));
        world_.run_for(milliseconds(1));
        return result;
    }
    template <class T>
    T wait(io::Task<T> task) {
        auto result = sim::run_task(node_, std::move(task), seconds(3600));
        EXPECT_TRUE(result.has_value()) << world_.failure().value_or("the task did not end");
        if (!result) std::abort();
        return std::move(*result);
    }
    template <class F>
    auto on_shard(F work) {
        using R = decltype(work());
        std::optional<R> result;
        node_.shard(0).run([&] { result.emplace(work()); });
        return std::move(*result);
    }

    static Send message(std::string_view body, std::optional<std::string> group = {},
                        std::optional<std::string> deduplication_id = {}) {
        Send send;
        send.message.body = base::Slice::copy_of(body);
        send.message.group = std::move(group);
        send.message.deduplication_id = std::move(deduplication_id);
        return send;
    }
    Result<Sent> send_one(Send send, size_t index = 0) {
        std::vector<Send> sends;
        sends.push_back(std::move(send));
        return wait(queue(index)->send(std::move(sends))).front();
    }
    // Sends bodies, all at once, and expects them to be stored.
    void send(std::vector<std::string> bodies, std::optional<std::string> group = {}) {
        std::vector<Send> sends;
        for (const std::string& body : bodies) sends.push_back(message(body, group));
        for (const auto& sent : wait(queue()->send(std::move(sends))))
            ASSERT_TRUE(sent) << sent.error().message();
    }

    Result<std::vector<Delivery>> try_receive(uint32_t max = 10, size_t index = 0,
                                              std::optional<base::Duration> lease = {}) {
        return wait(queue(index)->receive({.messages_max = max, .lease = lease}));
    }
    std::vector<Delivery> receive(uint32_t max = 10, size_t index = 0,
                                  std::optional<base::Duration> lease = {}) {
        auto received = try_receive(max, index, lease);
        EXPECT_TRUE(received) << received.error().message();
        return received ? std::move(*received) : std::vector<Delivery>();
    }
    Pending<Result<std::vector<Delivery>>> receive_later(base::Duration wait_time,
                                                         uint32_t max = 10) {
        return spawn(queue()->receive({.messages_max = max, .deadline = in(wait_time)}));
    }
    static std::vector<std::string> bodies(const std::vector<Delivery>& deliveries) {
        std::vector<std::string> texts;
        for (const Delivery& delivery : deliveries)
            texts.emplace_back(delivery.message.body.text());
        return texts;
    }
    std::vector<std::string> receive_bodies(uint32_t max = 10, size_t index = 0) {
        return bodies(receive(max, index));
    }

    Result<void> settle(const Lease& lease, Settle::Outcome outcome = Settle::Outcome::done,
                        base::Duration delay = {}) {
        std::vector<Settle> settles{{.lease = lease, .outcome = outcome, .delay = delay}};
        return wait(queue()->settle(std::move(settles))).front();
    }
    void settle_all(const std::vector<Delivery>& deliveries) {
        std::vector<Settle> settles;
        for (const Delivery& delivery : deliveries) settles.push_back({.lease = delivery.lease});
        for (const auto& settled : wait(queue()->settle(std::move(settles))))
            EXPECT_TRUE(settled) << settled.error().message();
    }
    Depth depth(size_t index = 0) {
        return on_shard([&] { return queue(index)->depth(); });
    }

private:
    // Clocks that agree with the world's, a disk without rare slow operations.
    static sim::NodeOptions quiet_machine() {
        sim::NodeOptions machine;
        machine.clock = {.drift_max = 0, .offset_max = {}};
        machine.disk.read.spike_probability = 0;
        machine.disk.write.spike_probability = 0;
        machine.disk.sync.spike_probability = 0;
        return machine;
    }

    sim::World world_;
    sim::Node& node_;
    std::vector<QueueSpec> specs_;
    int32_t boots_ = 0;
    QueueNode* program_ = nullptr;  // owned by the node; gone with its crash
};

}  // namespace polylog::queue::testing

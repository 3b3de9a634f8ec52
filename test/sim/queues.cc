#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/queue/queue_node.h"
#include "test/sim/nemesis.h"
#include "test/sim/queue_ledger.h"
#include "test/sim/scenario.h"

// Senders and receivers of one queue on a machine that crashes, loses its power and whose wall
// clock jumps; a queue with or without order, with or without a dead-letter queue. Receivers
// settle, release, extend, reject, and forget; some hang up in the middle of a call.
//
// The checker (QueueLedger): what was accepted is delivered until somebody settles it, or it
// becomes a dead letter, once; what was settled durably never comes again; nobody gets a message
// that somebody else holds; groups of an ordered queue come in order, one batch at a time;
// duplicates within the window are refused, also across crashes; nothing comes before its delay.
// When the faults have stopped, the counts are what can be received.
namespace polylog::sim {
namespace {

using base::Result;
using io::Task;
using queue::Delivery;
using queue::Settle;
using queue::testing::QueueNode;
using queue::testing::QueueSpec;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Settings {
    QueueLedger::Rules rules;
    std::vector<QueueSpec> specs;
    log::StorageOptions storage = QueueNode::small_storage();
    bool purges = false;
    size_t receivers = 3;
    base::Duration lease = seconds(5);
};

struct Shared {
    QueueLedger& ledger;
    int32_t boots = 0;
    bool calm = false;  // nobody sends or misbehaves any more: what is there is settled
};

class QueueClients {
public:
    QueueClients(Node& node, std::shared_ptr<Shared> shared, Settings settings)
        : node_(node),
          shared_(std::move(shared)),
          settings_(std::move(settings)),
          program_(node.shard(0), settings_.specs, ++shared_->boots, settings_.storage),
          stream_(node.world().random("clients", static_cast<uint64_t>(shared_->boots))) {
        shared_->ledger.crashed();
        scope_.spawn(run());
    }

    bool is_up() const { return up_; }
    // Nothing is left of the queue, nor on its way to the other one.
    bool is_empty() {
        if (!up_) return false;
        const queue::Depth depth = program_.queue()->depth();
        return depth.ready + depth.leased + depth.delayed + depth.dead == 0;
    }

private:
    Task<void> run() {
        const auto started = co_await program_.start();
        if (!started) {
            node_.world().fail("queues did not start: " + started.error().message());
            co_return;
        }
        up_ = true;
        scope_.spawn(send_loop());
        for (size_t i = 0; i < settings_.receivers; ++i) scope_.spawn(receive_loop());
        if (settings_.specs.size() > 1) scope_.spawn(bury_loop());
        if (settings_.purges) scope_.spawn(purge_loop());
    }

    Task<void> send_loop() {
        for (;;) {
            co_await io::sleep_for(stream_.between(milliseconds(1), milliseconds(300)));
            if (shared_->calm) co_return;
            scope_.spawn(send_some());
        }
    }

    Task<void> send_some() {
        std::vector<queue::Send> sends;
        std::vector<uint64_t> numbers;
        for (uint64_t i = 0; i <= stream_.below(4); ++i) {
            QueueLedger::Sending sending{.group = static_cast<int>(stream_.below(4))};
            if (stream_.chance(0.3))
                sending.deduplication_id = static_cast<int64_t>(stream_.below(20));
            if (!settings_.rules.ordered && stream_.chance(0.2))
                sending.delay = stream_.between(seconds(1), seconds(20));
            numbers.push_back(shared_->ledger.sending(sending));
            sends.push_back(to_send(numbers.back(), sending));
        }
        const auto results = co_await program_.queue()->send(std::move(sends));
        for (size_t i = 0; i < results.size(); ++i) {
            if (results[i]) shared_->ledger.sent(numbers[i], *results[i]);
        }
    }

    queue::Send to_send(uint64_t number, const QueueLedger::Sending& sending) {
        queue::Send send;
        std::string body = fmt::format("{} ", number);
        body.append(stream_.below(stream_.chance(0.1) ? 20'000 : 200), 'x');
        send.message.body = base::Slice::copy_of(std::string_view(body));
        send.message.group = fmt::format("group{}", sending.group);
        if (sending.deduplication_id >= 0)
            send.message.deduplication_id = fmt::format("id{}", sending.deduplication_id);
        send.delay = sending.delay;
        return send;
    }

    Task<void> receive_loop() {
        for (;;) {
            const base::Duration patience = stream_.chance(0.5) ? stream_.between({}, seconds(3))
                                                                : base::Duration::zero();
            if (!shared_->calm && stream_.chance(0.05)) {
                co_await hang_up();
                continue;
            }
            co_await receive_some(patience);
            co_await io::sleep_for(stream_.between(milliseconds(1), milliseconds(400)));
        }
    }

    Task<void> receive_some(base::Duration patience) {
        const Instant begun = node_.world().now();
        queue::Receive receive{.messages_max = 1 + static_cast<uint32_t>(stream_.below(5)),
                               .lease = settings_.lease,
                               .deadline = io::Shard::current().now() + patience};
        auto received = co_await program_.queue()->receive(std::move(receive));
        if (!received) co_return;
        shared_->ledger.delivered(*received, begun, settings_.lease);
        if (!shared_->calm && stream_.chance(0.1)) co_return;  // and forgets them
        co_await io::sleep_for(stream_.between({}, seconds(1)));
        co_await settle_some(std::move(*received));
    }

    Task<void> settle_some(std::vector<Delivery> deliveries) {
        std::vector<Settle> settles;
        std::vector<uint64_t> numbers;
        for (const Delivery& delivery : deliveries) {
            settles.push_back({.lease = delivery.lease,
                               .outcome = choose_outcome(),
                               .delay = stream_.between({}, seconds(8)),
                               .failed = stream_.chance(0.5)});
            numbers.push_back(QueueLedger::number_of(delivery.message));
            shared_->ledger.settling(numbers.back(), settles.back().outcome);
        }
        const std::vector<Settle> asked = settles;
        const auto results = co_await program_.queue()->settle(std::move(settles));
        for (size_t i = 0; i < results.size(); ++i) {
            if (results[i]) shared_->ledger.settled(numbers[i], asked[i].outcome);
        }
    }

    Settle::Outcome choose_outcome() {
        if (shared_->calm || stream_.chance(0.6)) return Settle::Outcome::done;
        constexpr Settle::Outcome kOthers[] = {Settle::Outcome::release,
                                               Settle::Outcome::release_later,
                                               Settle::Outcome::extend, Settle::Outcome::reject};
        return kOthers[stream_.below(std::size(kOthers))];
    }

    // A client that is gone before its answer: nothing may stay leased.
    Task<void> hang_up() {
        auto call = std::make_unique<io::TaskScope>();
        call->spawn(receive_nothing(program_.queue()));
        co_await io::sleep_for(stream_.between({}, milliseconds(3)));
    }
    static Task<void> receive_nothing(std::shared_ptr<queue::Queue> queue) {
        const auto deadline = io::Shard::current().now() + seconds(1);
        const auto received = co_await queue->receive({.messages_max = 3, .deadline = deadline});
        if (received) co_return;
    }

    // Receives what the dead-letter queue got.
    Task<void> bury_loop() {
        for (;;) {
            co_await io::sleep_for(stream_.between(milliseconds(100), seconds(2)));
            program_.refuse_dead_letters(!shared_->calm && stream_.chance(0.3));
            const auto received = co_await program_.queue(1)->receive({.messages_max = 10});
            if (!received) continue;
            for (const Delivery& delivery : *received) shared_->ledger.found_dead(delivery);
            if (stream_.chance(0.5)) continue;
            std::vector<Settle> settles;
            for (const Delivery& delivery : *received) settles.push_back({.lease = delivery.lease});
            const auto results = co_await program_.queue(1)->settle(std::move(settles));
            if (results.empty()) continue;
        }
    }

    Task<void> purge_loop() {
        for (;;) {
            co_await io::sleep_for(stream_.between(seconds(5), seconds(60)));
            if (shared_->calm) co_return;
            shared_->ledger.purging();
            const auto purged = co_await program_.queue()->purge();
            if (!purged) continue;
        }
    }

    Node& node_;
    const std::shared_ptr<Shared> shared_;
    const Settings settings_;
    QueueNode program_;
    RandomStream stream_;
    bool up_ = false;
    io::TaskScope scope_;
};

QueueSpec make_queue(std::string name, bool ordered) {
    QueueSpec spec{.name = std::move(name), .config = {}};
    spec.config.segment_bytes = 128 << 10;
    spec.config.retention_ms = model::TopicConfig::kUnlimited;
    spec.config.is_queue = true;
    spec.config.queue.ordered = ordered;
    spec.config.queue.delete_settled = true;
    spec.config.queue.lease_time = seconds(5);
    return spec;
}

Settings draw_settings(RandomStream stream) {
    Settings settings;
    settings.rules.ordered = stream.chance(0.5);
    settings.rules.leases_max = stream.chance(0.6) ? 2 + static_cast<uint32_t>(stream.below(4)) : 0;
    settings.rules.clock_jumps = stream.chance(0.4);
    settings.purges = stream.chance(0.15);
    settings.receivers = 1 + stream.below(5);
    settings.lease = stream.between(milliseconds(500), seconds(10));
    settings.specs.push_back(make_queue("orders", settings.rules.ordered));
    if (settings.rules.leases_max > 0) {
        settings.specs.push_back(make_queue("dead", settings.rules.ordered));
        settings.specs[0].config.queue.dead_letter = {.queue = "dead",
                                                      .leases_max = settings.rules.leases_max,
                                                      .text = {}};
    }
    return settings;
}

void run_queues(World& world) {
    RandomStream stream = world.random("settings");
    const Settings settings = draw_settings(stream.split("queues"));
    QueueLedger ledger(world, settings.rules);
    const auto shared = std::make_shared<Shared>(Shared{.ledger = ledger});
    Node& node = world.add_node();
    const auto clients = std::make_shared<QueueClients*>(nullptr);
    node.boot([=](Node& booted) {
        auto program = std::make_shared<QueueClients>(booted, shared, settings);
        *clients = program.get();
        return program;
    });
    NemesisOptions torments{.torments = {Torment::kill, Torment::power_cut, Torment::pause,
                                         Torment::slow},
                            .gap_max = seconds(20),
                            .each_max = seconds(5)};
    if (settings.rules.clock_jumps) torments.torments.push_back(Torment::jump_wall_clock);
    Nemesis nemesis(world, {&node}, torments);
    if (!nemesis.run_for(seconds(150))) return;
    shared->calm = true;
    // Leases and delays of before are over by then, wherever the wall clock has gone meanwhile.
    const bool emptied = world.run_until([&] { return (*clients)->is_empty(); }, seconds(600));
    if (world.failure()) return;
    if (!emptied) return world.fail("messages stay that nobody can receive");
    if (!world.run_for(seconds(90))) return;  // for the dead letters
    ledger.judge_end();
    if (!ledger.has_progress()) world.fail("the queue made no progress");
}

const bool registered = register_scenario(
    {.name = "queues",
     .promise = "queues lose nothing, repeat nothing settled and keep their order through crashes",
     .run = [](World& world) { run_queues(world); }});

}  // namespace
}  // namespace polylog::sim

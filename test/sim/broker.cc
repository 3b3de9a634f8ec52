#include <fmt/core.h>

#include <algorithm>

#include "io/sim/run_task.h"
#include "test/sim/broker_clients.h"
#include "test/sim/broker_program.h"
#include "test/sim/nemesis.h"
#include "test/sim/scenario.h"

// A whole broker behind wire bytes: what the program runs, on a simulated machine that is killed,
// loses its power, is stopped in an orderly way, runs out of disk and fails to sync, among clients
// whose clocks jump and whose connections are cut, stalled and reset: writers of all kinds,
// readers, groups, deletions of records, expiry, and a topic that is created and deleted all the
// time.
//
// The checker: what was acknowledged is readable in its place, in its writer's order, once, without
// gaps; what is read at an offset never changes; logs begin only where deletions allow; committed
// offsets never fall and name only what was committed; groups are given everything; stale epochs
// are refused; a deleted topic never shows again. Once harm has ended, everything goes on: every
// kind of client succeeds, groups reach the ends, those who wait are told at once; nothing of
// deleted topics or closed connections is left, memory is within its bounds, and a clean stop is
// followed by a clean start.
namespace polylog::sim {
namespace {

constexpr uint64_t kClientNodes = 2;
constexpr uint64_t kPlenty = uint64_t{1} << 40;
constexpr base::Duration kHarm = std::chrono::seconds(4);
// For what must happen at all.
constexpr base::Duration kPatience = std::chrono::seconds(60);

class Stage {
public:
    Stage(World& world, BrokerSetup setup)
        : world_(world),
          ledger_(std::make_shared<BrokerLedger>(world, setup)),
          broker_(world.add_node({.name = "broker", .shards = shards(world)})),
          auditor_(world.add_node({.name = "auditor"})),
          faults_(world.random("faults")) {
        ledger_->broker_address = broker_.address();
        world.network().settings().silence_max = std::chrono::seconds(3);
        boot_broker();
        for (uint64_t i = 0; i < kClientNodes; ++i) boot_client(i);
        auditor_.boot([](Node&) { return std::make_shared<int>(0); });
    }

    void play() {
        if (!world_.run_until([&] { return ledger_->topics_exist; }, kPatience))
            return world_.fail("topics are not created");
        stop_now_and_then();
        if (ledger_->setup.disk_fails) harm_disk_now_and_then();
        Nemesis nemesis(world_, tormented(),
                        {.gap_max = std::chrono::milliseconds(700),
                         .each_max = std::chrono::milliseconds(900)});
        if (!nemesis.run_for(kHarm)) return;
        harming_ = false;
        make_well();
        if (!everybody_succeeds()) return;
        ledger_->quiet = true;
        if (!all_rest(&BrokerLedger::writers_busy) || !groups_catch_up()) return;
        ledger_->over = true;
        if (all_rest(&BrokerLedger::members_busy)) look_closely();
    }

private:
    static uint32_t shards(World& world) {
        return 1 + static_cast<uint32_t>(world.random("shards").below(3));
    }

    void boot_broker() {
        const auto sizes = std::make_shared<BrokerSizes>(world_.random("sizes"));
        broker_.boot([ledger = ledger_, sizes, program = program_](Node& node) {
            auto made = std::make_shared<BrokerProgram>(node, ledger, *sizes);
            *program = made;
            return made;
        });
    }
    void boot_client(uint64_t index) {
        Node& node = world_.add_node({.name = fmt::format("client{}", index)});
        node.boot([ledger = ledger_, index](Node& booted) {
            return std::make_shared<ClientProgram>(booted, ledger, index);
        });
        clients_.push_back(&node);
    }
    std::vector<Node*> tormented() {
        std::vector<Node*> nodes = clients_;
        nodes.insert(nodes.end(), 2, &broker_);  // it has most to lose
        return nodes;
    }

    // --- Harm beyond what the nemesis does ---

    void stop_now_and_then() {
        world_.after(faults_.between({}, std::chrono::seconds(4)), [this] {
            if (!harming_) return;
            if (broker_.is_running() && ledger_->serving) broker_.spawn(program_->lock()->stop());
            stop_now_and_then();
        });
    }

    // A full disk passes; a disk that has failed leaves logs offline until somebody has looked at
    // it and starts the broker again.
    void harm_disk_now_and_then() {
        world_.after(faults_.between({}, std::chrono::seconds(3)), [this] {
            if (!harming_) return;
            ledger_->disk_harmed = true;
            SimDisk& disk = broker_.disk();
            if (faults_.chance(0.5)) {
                const io::DiskSpace space = disk.files().space();
                const uint64_t used = space.total_bytes - space.available_bytes;
                disk.files().set_capacity(used + faults_.below(64 << 10));
            } else {
                const auto operation = faults_.chance(0.5) ? DiskOperation::sync
                                                           : DiskOperation::write;
                disk.inject(
                    {.operation = operation, .outcome = Outcome::error, .skip = faults_.below(20)});
            }
            world_.after(faults_.between({}, std::chrono::milliseconds(800)), [this] {
                if (harming_) mend_disk();
            });
            harm_disk_now_and_then();
        });
    }
    void mend_disk() {
        broker_.disk().files().set_capacity(kPlenty);
        broker_.disk().clear_injected();
        broker_.crash(Crash::kill);
        if (!broker_.is_running()) broker_.restart();
    }

    void make_well() {
        broker_.disk().files().set_capacity(kPlenty);
        broker_.disk().clear_injected();
        broker_.crash(faults_.chance(0.5) ? Crash::power_cut : Crash::kill);
        broker_.restart();
        ledger_->disk_harmed = false;
    }

    // --- Life after it ---

    bool everybody_succeeds() {
        uint64_t before[kFeats];
        std::ranges::copy(ledger_->feats, before);
        const auto all_rose = [&] {
            for (size_t i = 0; i < kFeats; ++i) {
                if (ledger_->feats[i] == before[i]) return false;
            }
            return true;
        };
        if (world_.run_until(all_rose, kPatience)) return true;
        for (size_t i = 0; i < kFeats; ++i) {
            if (ledger_->feats[i] == before[i])
                world_.fail(fmt::format("nobody succeeds any more in feat {}", i));
        }
        return false;
    }

    bool groups_catch_up() {
        for (int attempt = 0; attempt < 60; ++attempt) {
            const auto caught_up = ask(groups_have_caught_up(context("groups")));
            if (caught_up && *caught_up) return true;
            if (!world_.run_for(std::chrono::milliseconds(500))) return false;
        }
        world_.fail("groups do not reach the end");
        return false;
    }

    // What clients sent last may have been stalled on its way.
    bool all_rest(uint32_t BrokerLedger::* count) {
        if (world_.run_until([&] { return (*ledger_).*count == 0; }, kPatience))
            return world_.run_for(std::chrono::seconds(1));
        world_.fail(fmt::format("{} clients wait for ever", (*ledger_).*count));
        return false;
    }

    void look_closely() {
        insist(&audit, "audit");
        insist(&probe_promptness, "probe");
        if (!world_.run_for(std::chrono::seconds(1))) return;
        ledger_->judge("memory", at_broker(&BrokerProgram::look_at_memory));
        restart_cleanly();
        ledger_->judge("leftovers", at_broker(&BrokerProgram::look_for_leftovers));
        insist(&audit, "last audit");
    }

    void restart_cleanly() {
        const uint64_t starts = ledger_->starts;
        broker_.spawn(program_->lock()->stop());
        const auto is_back = [&] { return ledger_->starts > starts && ledger_->serving; };
        if (!world_.run_until(is_back, kPatience)) world_.fail("does not stop and start again");
    }

    ClientContext context(std::string_view purpose) {
        return {&auditor_.shard(0).env(), ledger_, world_.random(purpose)};
    }
    template <class T>
    std::optional<base::Result<T>> ask(io::Task<base::Result<T>> task) {
        return run_task(auditor_, std::move(task), kPatience);
    }
    // A broker that has just started may ask for patience.
    void insist(io::Task<base::Result<void>> (*work)(ClientContext), std::string_view purpose) {
        std::optional<base::Result<void>> result;
        for (int attempt = 0; attempt < 10 && !world_.failure(); ++attempt) {
            result = ask(work(context(purpose)));
            if (!result || *result) break;
            world_.run_for(std::chrono::milliseconds(200));
        }
        if (!result) world_.fail(fmt::format("the {} does not end", purpose));
        if (result && !*result)
            world_.fail(fmt::format("the {} fails: {}", purpose, result->error().message()));
    }
    Complaint at_broker(io::Task<Complaint> (BrokerProgram::*look)()) {
        if (world_.failure()) return std::nullopt;
        const auto answer = run_task(broker_, (*program_->lock().*look)(), kPatience);
        return answer ? *answer : Complaint("cannot be looked at");
    }

    World& world_;
    const std::shared_ptr<BrokerLedger> ledger_;
    Node& broker_;
    Node& auditor_;
    std::vector<Node*> clients_;
    const std::shared_ptr<std::weak_ptr<BrokerProgram>>
        program_ = std::make_shared<std::weak_ptr<BrokerProgram>>();
    RandomStream faults_;
    bool harming_ = true;
};

void run_broker(World& world, BrokerSetup setup) {
    Stage(world, setup).play();
}

template <BrokerFlaw flaw>
void run_flawed(World& world) {
    run_broker(world, {.flaw = flaw, .disk_fails = false});
}

const bool
    registered = register_scenario(
                     {.name = "broker",
                      .promise = "clients of a whole broker are never deceived or forgotten",
                      .run = [](World& world) { run_broker(world, {}); }}) &&
                 register_scenario(
                     {.name = "broker_on_a_sound_disk",
                      .promise = "the same, and crashes alone damage nothing",
                      .run = [](World& world) { run_broker(world, {.disk_fails = false}); }}) &&
                 register_scenario(
                     {.name = "broker_acknowledging_early",
                      .promise = "the checker finds acknowledgements that come before the sync",
                      .run = &run_flawed<BrokerFlaw::early_acknowledgement>,
                      .caught_within = 5}) &&
                 register_scenario({.name = "broker_losing_waiters",
                                    .promise = "the checker finds waiters that are not woken",
                                    .run = &run_flawed<BrokerFlaw::lost_waiter>,
                                    .caught_within = 5}) &&
                 register_scenario({.name = "broker_without_deduplication",
                                    .promise = "the checker finds batches that are stored twice",
                                    .run = &run_flawed<BrokerFlaw::deduplication_off>,
                                    .caught_within = 5}) &&
                 register_scenario({.name = "broker_accepting_stale_epochs",
                                    .promise = "the checker finds batches of fenced producers",
                                    .run = &run_flawed<BrokerFlaw::stale_epoch_accepted>,
                                    .caught_within = 5}) &&
                 register_scenario({.name = "broker_with_an_index_off_by_one",
                                    .promise = "the checker finds reads that skip a batch",
                                    .run = &run_flawed<BrokerFlaw::index_off_by_one>,
                                    .caught_within = 5}) &&
                 register_scenario(
                     {.name = "broker_forgetting_offsets",
                      .promise = "the checker finds committed offsets that are not reloaded",
                      .run = &run_flawed<BrokerFlaw::forgotten_offset>,
                      .caught_within = 10}) &&
                 register_scenario({.name = "broker_leaving_deleted_topics",
                                    .promise = "the checker finds what is left of a deleted topic",
                                    .run = &run_flawed<BrokerFlaw::leftover_of_a_deletion>,
                                    .caught_within = 5});

}  // namespace
}  // namespace polylog::sim

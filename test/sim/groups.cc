#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/coordinator/group_node.h"
#include "test/sim/nemesis.h"
#include "test/sim/scenario.h"

// Consumers of one group on a machine that crashes: they join, assign, heartbeat, commit, fall
// silent, leave and return, some of them as static members; another program commits without a
// group. Each does what a client library does with every error.
//
// The checker: assigned generations only rise; in each one member leads, and every member that is
// told its part is told what that leader gave it; a commit that was acknowledged is never lost and
// no committed offset goes back. Once the faults stop, everybody is in the same stable generation
// before long.
namespace polylog::sim {
namespace {

using base::ErrorCode;
using base::Result;
using coordinator::GroupCoordinator;
using coordinator::GroupState;
using coordinator::testing::GroupNode;
using io::Task;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kGroup[] = "group";
constexpr char kSimpleGroup[] = "simple";

// Only the owner commits, so offsets rise.
struct Offsets {
    int64_t issued = 0;
    int64_t acknowledged = 0;
    int64_t seen = 0;
};

// A consumer, as it knows itself; survives the machine that coordinates it.
struct Client {
    std::optional<std::string> instance_id;
    std::string member_id;
    int32_t generation = -1;
    bool has_part = false;
    Offsets offsets;
};

// What the world outside knows, whatever becomes of the program.
struct Ledger {
    std::vector<Client> clients;
    Offsets simple;
    uint64_t boots = 0;
    uint64_t assignments = 0;                 // made by leaders, ever
    std::map<int32_t, std::string> assigned;  // generation -> which assignment it got
    std::map<std::pair<uint64_t, int32_t>, size_t> leaders;  // (boot, generation) -> client
    bool founded = false;  // the group has an offset, with which it is never forgotten
    bool calm = false;     // nobody leaves, changes or falls silent any more
};

struct Settings {
    coordinator::GroupConfig groups;
    log::StorageOptions storage = GroupNode::small_storage();
    bool two_coordinators = false;  // an error made on purpose: an old one that still answers
};

base::Slice bytes_of(std::string_view text) {
    return base::Slice::copy_of(std::as_bytes(std::span(text)));
}

class Consumers {
public:
    Consumers(Node& node, std::shared_ptr<Ledger> ledger, Settings settings)
        : node_(node),
          ledger_(std::move(ledger)),
          groups_(node.shard(0), settings.groups, settings.storage),
          two_coordinators_(settings.two_coordinators),
          stream_(node.world().random("consumers", ++ledger_->boots)) {
        scope_.spawn(run());
    }

    GroupCoordinator* coordinator() {
        return old_ && stream_.chance(0.2) ? old_.get() : groups_.coordinator();
    }

private:
    Task<void> run() {
        const auto started = co_await groups_.start();
        if (!started) {
            node_.world().fail("groups did not start: " + started.error().message());
            co_return;
        }
        if (two_coordinators_) {
            old_ = groups_.another_coordinator();
            const auto loaded = co_await old_->load();
            if (!loaded) node_.world().fail(loaded.error().message());
        }
        check_all();
        while (!ledger_->founded) {
            coordinator::MemberIdentity founder{.group_id = kGroup,
                                                .member_id = "",
                                                .instance_id = {},
                                                .generation = -1};
            Offsets offsets;
            const auto committed = co_await commit_as(std::move(founder), 99, offsets);
            ledger_->founded = committed.has_value();
        }
        for (size_t i = 0; i < ledger_->clients.size(); ++i) scope_.spawn(consume(i));
        scope_.spawn(commit_without_a_group());
    }

    Task<void> consume(size_t index) {
        Client& client = ledger_->clients[index];
        for (;;) {
            co_await io::sleep_for(stream_.between(milliseconds(5), milliseconds(400)));
            if (!client.has_part) {
                co_await join(index);
            } else if (!ledger_->calm && stream_.chance(0.1)) {
                co_await misbehave(client);
            } else if (stream_.chance(0.5)) {
                heed(client, heartbeat(client));
            } else {
                const Result<void> committed = co_await commit(client);
                heed(client, committed);
            }
            check_all();
        }
    }

    // What a client library does with an answer to a heartbeat or a commit.
    void heed(Client& client, const Result<void>& result) {
        if (result) return;
        switch (result.error().code()) {
        case ErrorCode::unknown_member:
        case ErrorCode::fenced_instance: client.member_id.clear(); [[fallthrough]];
        case ErrorCode::illegal_generation:
        case ErrorCode::unknown_group:
        case ErrorCode::rebalance_in_progress: client.has_part = false; break;
        default: break;  // asks again
        }
    }

    Task<void> misbehave(Client& client) {
        switch (stream_.below(4)) {
        case 0:
            co_await io::sleep_for(stream_.between(milliseconds(1000), milliseconds(12'000)));
            break;
        case 1:  // restarts, and knows its instance id only
            client.member_id.clear();
            client.has_part = false;
            break;
        case 2: {
            std::vector<coordinator::LeavingMember> leaving{{client.member_id, client.instance_id}};
            co_await coordinator()->leave(kGroup, std::move(leaving));
            client.member_id.clear();
            client.has_part = false;
            break;
        }
        default: client.has_part = false;  // joins again, as after a change of its topics
        }
    }

    Task<void> join(size_t index) {
        Client& client = ledger_->clients[index];
        const std::string metadata = fmt::format("{}", stream_.below(2));
        coordinator::JoinRequest request{.group_id = kGroup,
                                         .member_id = client.member_id,
                                         .instance_id = client.instance_id,
                                         .client_id = fmt::format("client{}", index),
                                         .client_host = "/10.0.0.1",
                                         .session_timeout = seconds(6),
                                         .rebalance_timeout = seconds(10),
                                         .protocol_type = "consumer",
                                         .protocols = {},
                                         .member_id_required = true,
                                         .supports_skip_assignment = true};
        request.protocols.push_back({.name = "range", .metadata = bytes_of(metadata)});
        const coordinator::JoinAnswer answer = co_await coordinator()->join(std::move(request));
        if (!answer.joined) {
            const ErrorCode code = answer.joined.error().code();
            if (code == ErrorCode::member_id_required) client.member_id = answer.member_id;
            if (code == ErrorCode::unknown_member || code == ErrorCode::fenced_instance)
                client.member_id.clear();
            co_return;
        }
        client.member_id = answer.joined->member_id;
        client.generation = answer.joined->generation;
        check_joined(index, *answer.joined);
        if (!ledger_->calm && stream_.chance(0.05)) {
            co_await io::sleep_for(stream_.between(seconds(1), seconds(15)));  // and forgets to ask
            co_return;
        }
        co_await sync(client, *answer.joined);
    }

    Task<void> sync(Client& client, coordinator::Joined joined) {
        coordinator::SyncRequest request{.group_id = kGroup,
                                         .member_id = client.member_id,
                                         .instance_id = client.instance_id,
                                         .generation = joined.generation,
                                         .protocol_type = joined.protocol_type,
                                         .protocol_name = joined.protocol_name,
                                         .assignments = {}};
        if (!joined.skip_assignment && !joined.members.empty()) {
            const uint64_t assignment = ++ledger_->assignments;
            for (const coordinator::JoinedMember& member : joined.members) {
                request.assignments[member.member_id] = bytes_of(
                    fmt::format("{}/{}/{}", joined.generation, assignment,
                                member.instance_id.value_or(member.member_id)));
            }
        }
        const auto synced = co_await coordinator()->sync(std::move(request));
        if (!synced) {
            heed(client, base::fail(synced.error()));
            co_return;
        }
        check_part(client, std::string(base::as_text(synced->assignment.bytes())));
        client.has_part = true;
    }

    Result<void> heartbeat(const Client& client) {
        return coordinator()->heartbeat(identity(client));
    }

    static coordinator::MemberIdentity identity(const Client& client) {
        return {.group_id = kGroup,
                .member_id = client.member_id,
                .instance_id = client.instance_id,
                .generation = client.generation};
    }

    Task<Result<void>> commit(Client& client) {
        const auto index = static_cast<int32_t>(&client - ledger_->clients.data());
        co_return co_await commit_as(identity(client), index, client.offsets);
    }

    Task<void> commit_without_a_group() {
        for (;;) {
            co_await io::sleep_for(stream_.between(milliseconds(20), milliseconds(300)));
            coordinator::MemberIdentity nobody{.group_id = kSimpleGroup,
                                               .member_id = "",
                                               .instance_id = {},
                                               .generation = -1};
            const auto committed = co_await commit_as(std::move(nobody), 0, ledger_->simple);
            if (!committed && committed.error() != ErrorCode::coordinator_not_available)
                node_.world().fail("a simple commit: " + committed.error().message());
        }
    }

    Task<Result<void>> commit_as(coordinator::MemberIdentity who, int32_t partition,
                                 Offsets& offsets) {
        const int64_t offset = ++offsets.issued;
        std::vector<coordinator::OffsetCommit> commits;
        commits.push_back(
            {.partition = {.topic = "orders", .partition = {partition}},
             .committed = {.offset = {offset}, .metadata = std::string(stream_.below(4000), 'x')}});
        auto results = co_await coordinator()->commit(std::move(who), std::move(commits));
        if (results.front()) offsets.acknowledged = std::max(offsets.acknowledged, offset);
        co_return std::move(results.front());
    }

    void check_joined(size_t index, const coordinator::Joined& joined) {
        if (!ledger_->assigned.empty() && joined.generation < ledger_->assigned.rbegin()->first) {
            node_.world().fail(fmt::format("generation {} begins after {} was assigned",
                                           joined.generation, ledger_->assigned.rbegin()->first));
        }
        if (joined.members.empty()) return;
        const auto [leader,
                    first] = ledger_->leaders.try_emplace({ledger_->boots, joined.generation},
                                                          index);
        if (!first && leader->second != index) {
            node_.world().fail(fmt::format("generation {} is led by clients {} and {}",
                                           joined.generation, leader->second, index));
        }
    }

    // "<generation>/<assignment>/<member or instance>"
    void check_part(const Client& client, const std::string& part) {
        const std::string generation = fmt::format("{}/", client.generation);
        const std::string owner = "/" + client.instance_id.value_or(client.member_id);
        if (!part.starts_with(generation) || !part.ends_with(owner)) {
            return node_.world().fail(fmt::format("member {} of generation {} got part '{}'",
                                                  client.member_id, client.generation, part));
        }
        const std::string which = part.substr(generation.size(),
                                              part.size() - generation.size() - owner.size());
        const auto [assigned, first] = ledger_->assigned.try_emplace(client.generation, which);
        if (!first && assigned->second != which) {
            node_.world().fail(fmt::format("generation {} has assignments {} and {}",
                                           client.generation, assigned->second, which));
        }
    }

    void check_all() {
        const auto& clients = ledger_->clients;
        for (size_t i = 0; i < clients.size(); ++i)
            check(kGroup, static_cast<int32_t>(i), ledger_->clients[i].offsets);
        check(kSimpleGroup, 0, ledger_->simple);
    }

    void check(const char* group, int32_t partition, Offsets& offsets) {
        const auto committed = coordinator()->committed(group, std::nullopt);
        if (!committed) return node_.world().fail("offsets: " + committed.error().message());
        const auto found = committed->find({.topic = "orders", .partition = {partition}});
        const int64_t offset = found == committed->end() ? 0 : found->second.offset.value;
        if (offset < offsets.acknowledged || offset > offsets.issued || offset < offsets.seen) {
            node_.world().fail(
                fmt::format("{}-{}: acknowledged {}, issued {}, seen {}, but committed is {}",
                            group, partition, offsets.acknowledged, offsets.issued, offsets.seen,
                            offset));
        }
        offsets.seen = offset;
    }

    Node& node_;
    const std::shared_ptr<Ledger> ledger_;
    GroupNode groups_;
    const bool two_coordinators_;
    std::unique_ptr<GroupCoordinator> old_;
    RandomStream stream_;
    io::TaskScope scope_;
};

Settings draw_settings(RandomStream stream) {
    Settings settings;
    settings.groups.initial_rebalance_delay = milliseconds(stream.below(3000));
    settings.groups.expiry_interval = stream.between(seconds(5), seconds(60));
    settings.groups.group_size_max = stream.chance(0.3) ? 5 : 100;
    return settings;
}

bool all_in_one_generation(const Ledger& ledger, GroupCoordinator* groups) {
    const int32_t generation = ledger.clients.front().generation;
    const bool agreed = std::ranges::all_of(ledger.clients, [&](const Client& client) {
        return client.has_part && client.generation == generation;
    });
    if (!agreed || !groups) return false;
    const auto description = groups->describe(kGroup);
    return description && description->state == GroupState::stable &&
           description->members.size() == ledger.clients.size();
}

void run_groups(World& world, bool two_coordinators) {
    RandomStream stream = world.random("settings");
    Settings settings = draw_settings(stream.split("groups"));
    settings.two_coordinators = two_coordinators;
    const auto ledger = std::make_shared<Ledger>();
    ledger->clients.resize(1 + stream.below(5));
    for (size_t i = 0; i < ledger->clients.size(); ++i) {
        if (stream.chance(0.4)) ledger->clients[i].instance_id = fmt::format("instance{}", i);
    }
    Node& node = world.add_node();
    const auto consumers = std::make_shared<Consumers*>(nullptr);
    node.boot([=](Node& booted) {
        auto program = std::make_shared<Consumers>(booted, ledger, settings);
        *consumers = program.get();
        return program;
    });
    Nemesis nemesis(world, {&node},
                    {.torments = {Torment::kill, Torment::power_cut, Torment::pause, Torment::slow,
                                  Torment::jump_wall_clock},
                     .gap_max = seconds(20),
                     .each_max = seconds(5)});
    if (!nemesis.run_for(seconds(120))) return;
    ledger->calm = true;
    const bool calmed = world.run_until(
        [&] { return all_in_one_generation(*ledger, (*consumers)->coordinator()); }, seconds(120));
    if (world.failure()) return;
    if (!calmed) return world.fail("the members did not agree after the faults had stopped");
    if (ledger->assigned.empty() || ledger->simple.acknowledged == 0)
        world.fail("the groups made no progress");
}

const bool
    registered = register_scenario(
                     {.name = "groups",
                      .promise = "groups agree, and keep what was committed, through crashes",
                      .run = [](World& world) { run_groups(world, false); }}) &&
                 register_scenario(
                     {.name = "groups_with_two_coordinators",
                      .promise = "the checker finds a coordinator that was replaced and answers",
                      .run = [](World& world) { run_groups(world, true); },
                      .caught_within = 3});

}  // namespace
}  // namespace polylog::sim

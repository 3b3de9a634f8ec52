#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/sim/run_task.h"
#include "io/sim/world.h"
#include "test/coordinator/group_node.h"

namespace polylog::coordinator::testing {

using base::ErrorCode;
using base::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

// An answer that may still be under way.
template <class T>
using Pending = std::shared_ptr<std::optional<T>>;

inline base::Slice bytes_of(std::string_view text) {
    return base::Slice::copy_of(std::as_bytes(std::span(text)));
}
inline std::string text_of(const base::Slice& slice) {
    return std::string(base::as_text(slice.bytes()));
}

// What a consumer says in its metadata: version 0 of the subscription, with these topics.
inline base::Slice subscription(const std::vector<std::string>& topics) {
    std::string out{0, 0, 0, 0, 0, static_cast<char>(topics.size())};
    for (const std::string& topic : topics) {
        out += {0, static_cast<char>(topic.size())};
        out += topic;
    }
    out += {-1, -1, -1, -1};  // no user data
    return bytes_of(out);
}

// A coordinator on a simulated machine, driven from outside; kills, power cuts and reloads
// included. Calls of one member are written as a client would make them.
class GroupsRig {
public:
    explicit GroupsRig(uint64_t seed = 1)
        : world_(seed, {.fault_points = {.enabled = 0}}), node_(world_.add_node(quiet_machine())) {
        config.initial_rebalance_delay = milliseconds(100);
    }

    sim::World& world() { return world_; }
    sim::Node& node() { return node_; }
    GroupNode& program() { return *program_; }
    GroupCoordinator& groups() { return *program_->coordinator(); }

    void start() {
        boot();
        const auto started = wait(program_->start());
        ASSERT_TRUE(started) << started.error().message();
    }
    // As start(), but the groups are still being read back when it returns.
    Pending<Result<void>> begin_start() {
        boot();
        auto started = spawn(program_->start());
        world_.run_until([&] { return program_->coordinator() != nullptr; }, seconds(60));
        return started;
    }
    void restart_after(sim::Crash kind) {
        node_.crash(kind);
        start();
    }

    void run_for(base::Duration duration) { world_.run_for(duration); }
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

    // A member that offers "range" with this metadata.
    static JoinRequest member(std::string member_id = "", const std::string& metadata = "m") {
        JoinRequest request{.group_id = "g",
                            .member_id = std::move(member_id),
                            .instance_id = {},
                            .client_id = "c",
                            .client_host = "/10.0.0.9",
                            .session_timeout = seconds(10),
                            .rebalance_timeout = seconds(30),
                            .protocol_type = "consumer",
                            .protocols = {}};
        request.protocols.push_back({.name = "range", .metadata = bytes_of(metadata)});
        return request;
    }
    static JoinRequest instance(std::string instance_id, std::string member_id = "",
                                const std::string& metadata = "m") {
        JoinRequest request = member(std::move(member_id), metadata);
        request.instance_id = std::move(instance_id);
        return request;
    }
    Pending<JoinAnswer> join(JoinRequest request) {
        return spawn(groups().join(std::move(request)));
    }
    JoinAnswer join_now(JoinRequest request) { return wait(groups().join(std::move(request))); }
    ErrorCode refusal(JoinRequest request) {
        const JoinAnswer answer = join_now(std::move(request));
        EXPECT_FALSE(answer.joined);
        return answer.joined ? ErrorCode::internal : answer.joined.error().code();
    }

    Pending<Result<Synced>> sync(const std::string& member_id, int32_t generation,
                                 std::map<std::string, std::string> assignments = {}) {
        SyncRequest request{.group_id = "g",
                            .member_id = member_id,
                            .instance_id = {},
                            .generation = generation,
                            .protocol_type = {},
                            .protocol_name = {},
                            .assignments = {}};
        for (const auto& [id, part] : assignments) request.assignments[id] = bytes_of(part);
        return spawn(groups().sync(std::move(request)));
    }
    Result<Synced> sync_now(const std::string& member_id, int32_t generation,
                            std::map<std::string, std::string> assignments = {}) {
        const auto synced = sync(member_id, generation, std::move(assignments));
        world_.run_until([&] { return synced->has_value(); }, seconds(60));
        EXPECT_TRUE(synced->has_value());
        return synced->has_value() ? **synced : base::fail(ErrorCode::internal);
    }

    static MemberIdentity identity(const std::string& member_id, int32_t generation,
                                   std::optional<std::string> instance_id = {}) {
        return {.group_id = "g",
                .member_id = member_id,
                .instance_id = std::move(instance_id),
                .generation = generation};
    }
    Result<void> heartbeat(const std::string& member_id, int32_t generation,
                           std::optional<std::string> instance_id = {}) {
        return on_shard([&] {
            return groups().heartbeat(identity(member_id, generation, std::move(instance_id)));
        });
    }
    // A sign of life, whatever the answer.
    void pulse(const std::string& member_id, int32_t generation) {
        const Result<void> any = heartbeat(member_id, generation);
    }
    Result<void> leave(const std::string& member_id, std::optional<std::string> instance_id = {}) {
        std::vector<LeavingMember> members{{member_id, std::move(instance_id)}};
        return wait(groups().leave("g", std::move(members))).front();
    }

    static OffsetCommit offset(const std::string& topic, int64_t offset, int32_t partition = 0) {
        return {.partition = {.topic = topic, .partition = {partition}},
                .committed = {.offset = {offset}, .leader_epoch = {3}, .metadata = "note"}};
    }
    Result<void> commit(MemberIdentity who, OffsetCommit one,
                        std::optional<base::Duration> retention = {}) {
        std::vector<OffsetCommit> commits{std::move(one)};
        return wait(groups().commit(std::move(who), std::move(commits), retention)).front();
    }
    // -1: nothing committed.
    int64_t committed(const std::string& topic, const std::string& group = "g") {
        const auto all = groups().committed(group, std::nullopt);
        EXPECT_TRUE(all);
        const auto found = all->find({.topic = topic, .partition = {0}});
        return found == all->end() ? -1 : found->second.offset.value;
    }

    // Nothing when the group does not exist.
    std::optional<GroupDescription> describe(const std::string& group = "g") {
        auto description = groups().describe(group);
        if (!description) return {};
        return std::move(*description);
    }
    GroupState state() {
        const auto description = describe();
        return description ? description->state : GroupState::dead;
    }

    struct Team {
        int32_t generation = -1;
        std::vector<std::string> ids;  // the leader first
        const std::string& leader() const { return ids.front(); }
        const std::string& follower() const { return ids.back(); }
    };
    // Lets members join together and take them as far as CompletingRebalance.
    Team gather(std::vector<JoinRequest> requests) {
        std::vector<Pending<JoinAnswer>> answers;
        for (JoinRequest& request : requests) answers.push_back(join(std::move(request)));
        return gathered(answers);
    }
    Team gather(size_t count) { return gather(std::vector<JoinRequest>(count, member())); }
    Team gathered(const std::vector<Pending<JoinAnswer>>& answers) {
        world_.run_until(
            [&] {
                return std::ranges::all_of(answers, [](const auto& a) { return a->has_value(); });
            },
            seconds(600));
        Team team;
        for (const auto& answer : answers) {
            EXPECT_TRUE(answer->has_value());
            EXPECT_TRUE((*answer)->joined) << (*answer)->joined.error().message();
            const Joined& joined = *(*answer)->joined;
            team.generation = joined.generation;
            const bool leads = joined.leader_id == joined.member_id;
            EXPECT_EQ(leads, !joined.members.empty());
            team.ids.insert(leads ? team.ids.begin() : team.ids.end(), joined.member_id);
        }
        return team;
    }
    // Each member's part is "part of <id>".
    void assign(const Team& team) {
        std::map<std::string, std::string> parts;
        for (const std::string& id : team.ids) parts[id] = "part of " + id;
        std::vector<Pending<Result<Synced>>> answers;
        for (const std::string& id : team.ids) {
            answers.push_back(
                sync(id, team.generation,
                     id == team.leader() ? parts : std::map<std::string, std::string>{}));
        }
        world_.run_until(
            [&] {
                return std::ranges::all_of(answers, [](const auto& a) { return a->has_value(); });
            },
            seconds(600));
        for (size_t i = 0; i < answers.size(); ++i) {
            ASSERT_TRUE(*answers[i]);
            ASSERT_TRUE(**answers[i]) << (*answers[i])->error().message();
            EXPECT_EQ(text_of((**answers[i])->assignment), "part of " + team.ids[i]);
        }
    }
    // A stable group.
    Team form(std::vector<JoinRequest> requests) {
        Team team = gather(std::move(requests));
        assign(team);
        EXPECT_EQ(state(), GroupState::stable);
        return team;
    }
    Team form(size_t count) { return form(std::vector<JoinRequest>(count, member())); }

    GroupConfig config;

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
    void boot() {
        node_.boot([this](sim::Node& booted) {
            auto program = std::make_shared<GroupNode>(booted.shard(0), config,
                                                       GroupNode::small_storage());
            program_ = program.get();
            return program;
        });
    }

    sim::World world_;
    sim::Node& node_;
    GroupNode* program_ = nullptr;  // owned by the node; gone with its crash
};

}  // namespace polylog::coordinator::testing

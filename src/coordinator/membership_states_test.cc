#include <gtest/gtest.h>

#include "test/coordinator/groups_rig.h"

// Every request in every state: with the right identity, with a wrong member, generation and
// instance.
namespace polylog::coordinator {
namespace {

using testing::ErrorCode;
using testing::GroupsRig;
using testing::milliseconds;
using testing::Result;
using testing::seconds;

// What the requests below find: one static member "s" beside dynamic ones.
struct Scene {
    std::string leader;
    std::string member;
    std::string instance_member;  // of instance "s"
    int32_t generation = 0;
};

Scene enter(GroupsRig& rig, GroupState state) {
    rig.start();
    Scene scene;
    if (state == GroupState::empty) {
        const auto team = rig.form(1);
        EXPECT_TRUE(rig.leave(team.leader()));
        rig.run_for(milliseconds(100));
        scene = {team.leader(), team.leader(), team.leader(), team.generation + 1};
    } else {
        std::vector<JoinRequest> requests{GroupsRig::member(), GroupsRig::member(),
                                          GroupsRig::instance("s")};
        const auto team = rig.gather(std::move(requests));
        const auto description = rig.describe();
        for (const auto& member : description->members) {
            if (member.instance_id) {
                scene.instance_member = member.member_id;
            } else if (member.member_id != team.leader()) {
                scene.member = member.member_id;
            }
        }
        scene.leader = team.leader();
        scene.generation = team.generation;
        if (state != GroupState::completing_rebalance) rig.assign(team);
        if (state == GroupState::preparing_rebalance)
            rig.join(GroupsRig::member(scene.leader, "x"));
    }
    EXPECT_EQ(rig.state(), state);
    return scene;
}

constexpr GroupState kWithMembers[] = {GroupState::preparing_rebalance,
                                       GroupState::completing_rebalance, GroupState::stable};

TEST(MembershipStates, AHeartbeatIsAnsweredByTheStateAndRestartsNothingElse) {
    const std::pair<GroupState, ErrorCode> expected[] = {{GroupState::empty,
                                                          ErrorCode::unknown_member},
                                                         {GroupState::preparing_rebalance,
                                                          ErrorCode::rebalance_in_progress}};
    for (const auto& [state, code] : expected) {
        GroupsRig rig;
        const Scene scene = enter(rig, state);
        EXPECT_EQ(rig.heartbeat(scene.member, scene.generation).error(), code);
    }
    for (const GroupState state : {GroupState::completing_rebalance, GroupState::stable}) {
        GroupsRig rig;
        const Scene scene = enter(rig, state);
        EXPECT_TRUE(rig.heartbeat(scene.member, scene.generation));
        EXPECT_TRUE(rig.heartbeat(scene.instance_member, scene.generation, "s"));
    }
}

TEST(MembershipStates, HeartbeatsOfWrongIdentitiesAreRefused) {
    for (const GroupState state : kWithMembers) {
        GroupsRig rig;
        const Scene scene = enter(rig, state);
        const int32_t now = scene.generation;
        EXPECT_EQ(rig.heartbeat("nobody", now).error(), ErrorCode::unknown_member);
        EXPECT_EQ(rig.heartbeat(scene.member, now - 1).error(), ErrorCode::illegal_generation);
        EXPECT_EQ(rig.heartbeat(scene.member, now + 1).error(), ErrorCode::illegal_generation);
        EXPECT_EQ(rig.heartbeat(scene.member, -1).error(), ErrorCode::illegal_generation);
        EXPECT_EQ(rig.heartbeat(scene.member, now, "s").error(), ErrorCode::fenced_instance);
        EXPECT_EQ(rig.heartbeat(scene.member, now, "t").error(), ErrorCode::unknown_member);
        // Fencing is found before a wrong generation.
        EXPECT_EQ(rig.heartbeat("old", now - 1, "s").error(), ErrorCode::fenced_instance);
    }
}

TEST(MembershipStates, ASyncIsAnsweredByTheState) {
    const std::pair<GroupState, ErrorCode> expected[] = {{GroupState::empty,
                                                          ErrorCode::unknown_member},
                                                         {GroupState::preparing_rebalance,
                                                          ErrorCode::rebalance_in_progress}};
    for (const auto& [state, code] : expected) {
        GroupsRig rig;
        const Scene scene = enter(rig, state);
        EXPECT_EQ(rig.sync_now(scene.member, scene.generation).error(), code);
    }
    {
        GroupsRig rig;
        const Scene scene = enter(rig, GroupState::completing_rebalance);
        const auto waiting = rig.sync(scene.member, scene.generation);
        EXPECT_FALSE(waiting->has_value());
        EXPECT_TRUE(rig.sync_now(scene.leader, scene.generation, {{scene.member, "yours"}}));
        ASSERT_TRUE(waiting->has_value() && **waiting);
        EXPECT_EQ(testing::text_of((**waiting)->assignment), "yours");
        EXPECT_EQ((**waiting)->protocol_name, "range");
        EXPECT_EQ((**waiting)->protocol_type, "consumer");
    }
    GroupsRig rig;
    const Scene scene = enter(rig, GroupState::stable);
    const auto again = rig.sync_now(scene.member, scene.generation);
    ASSERT_TRUE(again);
    EXPECT_EQ(testing::text_of(again->assignment), "part of " + scene.member);
}

TEST(MembershipStates, SyncsOfWrongIdentitiesAreRefused) {
    for (const GroupState state : kWithMembers) {
        GroupsRig rig;
        const Scene scene = enter(rig, state);
        const int32_t now = scene.generation;
        EXPECT_EQ(rig.sync_now("nobody", now).error(), ErrorCode::unknown_member);
        EXPECT_EQ(rig.sync_now(scene.member, now - 1).error(), ErrorCode::illegal_generation);
        EXPECT_EQ(rig.sync_now(scene.member, now + 1).error(), ErrorCode::illegal_generation);
        SyncRequest fenced{.group_id = "g",
                           .member_id = "old",
                           .instance_id = "s",
                           .generation = now};
        EXPECT_EQ(rig.wait(rig.groups().sync(fenced)).error(), ErrorCode::fenced_instance);
        SyncRequest other{.group_id = "g",
                          .member_id = scene.member,
                          .generation = now,
                          .protocol_type = "connect"};
        EXPECT_EQ(rig.wait(rig.groups().sync(other)).error(),
                  ErrorCode::inconsistent_group_protocol);
        other.protocol_type = "consumer";
        other.protocol_name = "roundrobin";
        EXPECT_EQ(rig.wait(rig.groups().sync(other)).error(),
                  ErrorCode::inconsistent_group_protocol);
    }
}

TEST(MembershipStates, ACommitIsAnsweredByTheState) {
    for (const GroupState state : {GroupState::preparing_rebalance, GroupState::stable}) {
        GroupsRig rig;
        const Scene scene = enter(rig, state);
        EXPECT_TRUE(rig.commit(GroupsRig::identity(scene.member, scene.generation),
                               GroupsRig::offset("orders", 7)));
        EXPECT_EQ(rig.committed("orders"), 7);
    }
    GroupsRig rig;
    const Scene scene = enter(rig, GroupState::completing_rebalance);
    EXPECT_EQ(rig.commit(GroupsRig::identity(scene.member, scene.generation),
                         GroupsRig::offset("orders", 7))
                  .error(),
              ErrorCode::rebalance_in_progress);
    EXPECT_EQ(rig.committed("orders"), -1);
}

TEST(MembershipStates, CommitsOfWrongIdentitiesAreRefused) {
    for (const GroupState state : kWithMembers) {
        GroupsRig rig;
        const Scene scene = enter(rig, state);
        const int32_t now = scene.generation;
        const auto refused = [&](MemberIdentity who) {
            const auto result = rig.commit(std::move(who), GroupsRig::offset("orders", 7));
            EXPECT_FALSE(result);
            return result ? ErrorCode::internal : result.error().code();
        };
        EXPECT_EQ(refused(GroupsRig::identity("nobody", now)), ErrorCode::unknown_member);
        EXPECT_EQ(refused(GroupsRig::identity(scene.member, now - 1)),
                  ErrorCode::illegal_generation);
        EXPECT_EQ(refused(GroupsRig::identity(scene.member, -1)), ErrorCode::illegal_generation);
        EXPECT_EQ(refused(GroupsRig::identity("old", now, "s")), ErrorCode::fenced_instance);
        EXPECT_EQ(refused(GroupsRig::identity(scene.member, now, "t")), ErrorCode::unknown_member);
        // Partitions that are managed by hand have no place beside members.
        EXPECT_EQ(refused(GroupsRig::identity("", -1)), ErrorCode::unknown_member);
    }
}

TEST(MembershipStates, AnEmptyGroupTakesCommitsWithoutAGenerationFromAnybody) {
    GroupsRig rig;
    const Scene scene = enter(rig, GroupState::empty);
    EXPECT_TRUE(rig.commit(GroupsRig::identity("", -1), GroupsRig::offset("orders", 1)));
    EXPECT_TRUE(rig.commit(GroupsRig::identity("whoever", -1), GroupsRig::offset("orders", 2)));
    EXPECT_TRUE(rig.commit(GroupsRig::identity("x", -1, "s"), GroupsRig::offset("orders", 3)));
    EXPECT_EQ(rig.committed("orders"), 3);
    EXPECT_EQ(rig.commit(GroupsRig::identity(scene.member, scene.generation),
                         GroupsRig::offset("orders", 4))
                  .error(),
              ErrorCode::unknown_member);
}

TEST(MembershipStates, AGroupThatDoesNotExistTakesCommitsWithoutAGenerationOnly) {
    GroupsRig rig;
    rig.start();
    EXPECT_EQ(rig.commit(GroupsRig::identity("m", 3), GroupsRig::offset("orders", 4)).error(),
              ErrorCode::unknown_group);
    EXPECT_FALSE(rig.describe());
    EXPECT_TRUE(rig.commit(GroupsRig::identity("", -1), GroupsRig::offset("orders", 5)));
    EXPECT_EQ(rig.describe()->protocol_type, "");
}

TEST(MembershipStates, AMemberLeavesInAnyState) {
    for (const GroupState state : kWithMembers) {
        GroupsRig rig;
        const Scene scene = enter(rig, state);
        EXPECT_EQ(rig.leave("nobody").error(), ErrorCode::unknown_member);
        EXPECT_EQ(rig.leave("old", "s").error(), ErrorCode::fenced_instance);
        EXPECT_EQ(rig.leave("", "t").error(), ErrorCode::unknown_member);
        EXPECT_EQ(rig.state(), state);
        EXPECT_TRUE(rig.leave(scene.member));
        EXPECT_EQ(rig.state(), GroupState::preparing_rebalance);
        EXPECT_EQ(rig.describe()->members.size(), 2u);
        // An operator names the instance only.
        EXPECT_TRUE(rig.leave("", "s"));
        EXPECT_EQ(rig.describe()->members.size(), 1u);
        EXPECT_EQ(rig.leave(scene.member).error(), ErrorCode::unknown_member);
    }
    GroupsRig rig;
    const Scene scene = enter(rig, GroupState::empty);
    EXPECT_EQ(rig.leave(scene.member).error(), ErrorCode::unknown_member);
}

TEST(MembershipStates, MembersThatLeaveTogetherCauseOneRebalance) {
    GroupsRig rig;
    const Scene scene = enter(rig, GroupState::stable);
    const auto all = rig.wait(
        rig.groups().leave("g",
                           {{scene.member, {}}, {"nobody", {}}, {scene.leader, {}}, {"", "s"}}));
    ASSERT_EQ(all.size(), 4u);
    EXPECT_TRUE(all[0] && all[2] && all[3]);
    EXPECT_EQ(all[1].error(), ErrorCode::unknown_member);
    EXPECT_EQ(rig.state(), GroupState::empty);
    EXPECT_EQ(rig.gather(1).generation, scene.generation + 2);
}

TEST(MembershipStates, JoinsOfWrongIdentitiesAreRefused) {
    for (const GroupState state : kWithMembers) {
        GroupsRig rig;
        enter(rig, state);
        EXPECT_EQ(rig.refusal(GroupsRig::member("nobody")), ErrorCode::unknown_member);
        EXPECT_EQ(rig.refusal(GroupsRig::instance("s", "old")), ErrorCode::fenced_instance);
        EXPECT_EQ(rig.refusal(GroupsRig::instance("t", "old")), ErrorCode::unknown_member);
        JoinRequest stranger = GroupsRig::member();
        stranger.protocol_type = "connect";
        EXPECT_EQ(rig.refusal(stranger), ErrorCode::inconsistent_group_protocol);
        stranger = GroupsRig::member();
        stranger.protocols.front().name = "roundrobin";
        EXPECT_EQ(rig.refusal(stranger), ErrorCode::inconsistent_group_protocol);
        stranger.protocols.clear();
        EXPECT_EQ(rig.refusal(stranger), ErrorCode::inconsistent_group_protocol);
        EXPECT_EQ(rig.state(), state);
    }
    GroupsRig rig;
    const Scene scene = enter(rig, GroupState::empty);
    EXPECT_EQ(rig.refusal(GroupsRig::member(scene.member)), ErrorCode::unknown_member);
    JoinRequest nothing = GroupsRig::member();
    nothing.protocol_type = "";
    EXPECT_EQ(rig.refusal(nothing), ErrorCode::inconsistent_group_protocol);
}

TEST(MembershipStates, AMemberThatJoinsAgainUnchangedIsToldTheGenerationItIsIn) {
    for (const GroupState state : {GroupState::completing_rebalance, GroupState::stable}) {
        GroupsRig rig;
        const Scene scene = enter(rig, state);
        const auto again = rig.join_now(GroupsRig::member(scene.member));
        ASSERT_TRUE(again.joined);
        EXPECT_EQ(again.joined->generation, scene.generation);
        EXPECT_EQ(again.joined->leader_id, scene.leader);
        EXPECT_TRUE(again.joined->members.empty());
        EXPECT_EQ(rig.state(), state);
    }
    GroupsRig rig;
    const Scene scene = enter(rig, GroupState::completing_rebalance);
    const auto leader = rig.join_now(GroupsRig::member(scene.leader));
    ASSERT_TRUE(leader.joined);
    EXPECT_EQ(leader.joined->members.size(), 3u);
    EXPECT_EQ(rig.state(), GroupState::completing_rebalance);
}

TEST(MembershipStates, ALeaderThatJoinsAgainAndAMemberThatChangedCauseARebalance) {
    for (const bool leader : {true, false}) {
        GroupsRig rig;
        const Scene scene = enter(rig, GroupState::stable);
        const auto waiting = rig.join(leader ? GroupsRig::member(scene.leader)
                                             : GroupsRig::member(scene.member, "changed"));
        EXPECT_FALSE(waiting->has_value());
        EXPECT_EQ(rig.state(), GroupState::preparing_rebalance);
        EXPECT_EQ(rig.heartbeat(scene.instance_member, scene.generation).error(),
                  ErrorCode::rebalance_in_progress);
    }
    GroupsRig rig;
    const Scene scene = enter(rig, GroupState::completing_rebalance);
    const auto syncing = rig.sync(scene.leader, scene.generation - 1);
    const auto follower = rig.sync(scene.instance_member, scene.generation);
    rig.join(GroupsRig::member(scene.member, "changed"));
    EXPECT_EQ(rig.state(), GroupState::preparing_rebalance);
    ASSERT_TRUE(follower->has_value());
    EXPECT_EQ((*follower)->error(), ErrorCode::rebalance_in_progress);
}

TEST(MembershipStates, EveryCallIsRefusedWhileTheGroupsAreReadBackAndAfterTheyAreGone) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(1);
    rig.node().crash(sim::Crash::kill);
    const auto started = rig.begin_start();
    if (!started->has_value()) {
        EXPECT_EQ(rig.heartbeat(team.leader(), 1).error(), ErrorCode::coordinator_loading);
        EXPECT_EQ(rig.groups().list().error(), ErrorCode::coordinator_loading);
    }
    rig.world().run_until([&] { return started->has_value(); }, seconds(60));
    const auto waiting = rig.join(GroupsRig::member(team.leader(), "x"));
    const auto late = rig.join(GroupsRig::member());
    rig.on_shard([&] {
        rig.groups().close();
        return 0;
    });
    rig.run_for(milliseconds(1));
    ASSERT_TRUE(late->has_value());
    EXPECT_EQ((*late)->joined.error(), ErrorCode::not_coordinator);
    EXPECT_EQ(rig.heartbeat(team.leader(), 1).error(), ErrorCode::not_coordinator);
    EXPECT_EQ(rig.refusal(GroupsRig::member()), ErrorCode::not_coordinator);
}

TEST(MembershipStates, AGroupWithoutANameHasNoMembers) {
    GroupsRig rig;
    rig.start();
    JoinRequest join = GroupsRig::member();
    join.group_id = "";
    EXPECT_EQ(rig.refusal(join), ErrorCode::invalid_name);
    MemberIdentity nobody = GroupsRig::identity("m", 1);
    nobody.group_id = "";
    EXPECT_EQ(rig.on_shard([&] { return rig.groups().heartbeat(nobody); }).error(),
              ErrorCode::invalid_name);
    EXPECT_EQ(rig.wait(rig.groups().sync({.group_id = "", .member_id = "m"})).error(),
              ErrorCode::invalid_name);
    EXPECT_EQ(rig.wait(rig.groups().leave("", {{"m", {}}})).front().error(),
              ErrorCode::invalid_name);
    EXPECT_EQ(rig.wait(rig.groups().delete_offsets("", {})).error(), ErrorCode::invalid_name);
    // Old clients that manage partitions by hand may have none.
    MemberIdentity simple = GroupsRig::identity("", -1);
    simple.group_id = "";
    EXPECT_TRUE(rig.commit(simple, GroupsRig::offset("orders", 9)));
    EXPECT_EQ(rig.committed("orders", ""), 9);
}

}  // namespace
}  // namespace polylog::coordinator

#include <gtest/gtest.h>

#include "test/coordinator/groups_rig.h"

// How generations come about: gathering, assigning, sessions, static members, limits.
namespace polylog::coordinator {
namespace {

using testing::bytes_of;
using testing::ErrorCode;
using testing::GroupsRig;
using testing::milliseconds;
using testing::seconds;
using testing::text_of;

TEST(Rebalance, AnEmptyGroupGathersForTheInitialDelayEvenIfEverybodyIsThere) {
    GroupsRig rig;
    rig.config.initial_rebalance_delay = seconds(3);
    rig.start();
    const auto only = rig.join(GroupsRig::member());
    rig.run_for(milliseconds(2900));
    EXPECT_FALSE(only->has_value());
    rig.run_for(milliseconds(200));
    ASSERT_TRUE(only->has_value());
    EXPECT_EQ((*only)->joined->generation, 1);
}

TEST(Rebalance, EachNewMemberExtendsTheInitialDelayUpToTheRebalanceTimeout) {
    GroupsRig rig;
    rig.config.initial_rebalance_delay = seconds(3);
    rig.start();
    const auto request = [] {
        JoinRequest join = GroupsRig::member();
        join.rebalance_timeout = seconds(8);
        return join;
    };
    const auto first = rig.join(request());
    for (int i = 0; i < 5; ++i) {  // at 1, 2, 4, 5, 7 s
        rig.run_for(seconds(1));
        rig.join(request());
        if (i % 2 == 1) rig.run_for(seconds(1));
    }
    EXPECT_FALSE(first->has_value());
    rig.run_for(milliseconds(900));
    EXPECT_FALSE(first->has_value());  // 3 + 3 + 2 seconds
    rig.run_for(milliseconds(200));
    ASSERT_TRUE(first->has_value());
    EXPECT_EQ(rig.describe()->members.size(), 6u);
}

TEST(Rebalance, WithoutADelayTheFirstMemberDoesNotWaitForPromisedOnes) {
    GroupsRig rig;
    rig.config.initial_rebalance_delay = {};
    rig.start();
    JoinRequest promised = GroupsRig::member();
    promised.member_id_required = true;
    EXPECT_EQ(rig.refusal(promised), ErrorCode::member_id_required);
    EXPECT_EQ(rig.gather(1).generation, 1);
}

TEST(Rebalance, MembersThatDoNotJoinInTimeAreDroppedAndTheLeaderIsOneThatDid) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(3);
    const auto waiting = rig.join(GroupsRig::member(team.follower(), "changed"));
    for (int i = 0; i < 4; ++i) {
        rig.run_for(seconds(7));
        for (const std::string& id : team.ids) rig.pulse(id, team.generation);
    }
    EXPECT_FALSE(waiting->has_value());
    rig.run_for(seconds(3));
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ((*waiting)->joined->generation, team.generation + 1);
    EXPECT_EQ((*waiting)->joined->leader_id, team.follower());
    EXPECT_EQ(rig.describe()->members.size(), 1u);
    EXPECT_EQ(rig.heartbeat(team.leader(), team.generation).error(), ErrorCode::unknown_member);
}

TEST(Rebalance, TheNextGenerationBeginsAsSoonAsEverybodyHasJoined) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(2);
    const auto leader = rig.join(GroupsRig::member(team.leader()));
    EXPECT_FALSE(leader->has_value());
    const auto follower = rig.join(GroupsRig::member(team.follower()));
    const auto next = rig.gathered({leader, follower});
    EXPECT_EQ(next.generation, team.generation + 1);
    EXPECT_EQ(next.leader(), team.leader());
    rig.assign(next);
}

TEST(Rebalance, APromisedMemberIsWaitedForUntilItsSessionEnds) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(1);
    JoinRequest first = GroupsRig::member();
    first.member_id_required = true;
    const auto answer = rig.join_now(first);
    ASSERT_EQ(answer.joined.error(), ErrorCode::member_id_required);
    EXPECT_EQ(rig.state(), GroupState::stable);  // a promise alone disturbs nobody
    const auto leader = rig.join(GroupsRig::member(team.leader()));
    rig.run_for(seconds(5));
    EXPECT_FALSE(leader->has_value());
    const auto kept = rig.join(GroupsRig::member(answer.member_id));
    EXPECT_EQ(rig.gathered({leader, kept}).ids.size(), 2u);
}

TEST(Rebalance, APromiseThatIsNotKeptIsForgotten) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(1);
    JoinRequest first = GroupsRig::member();
    first.member_id_required = true;
    const auto answer = rig.join_now(first);
    const auto leader = rig.join(GroupsRig::member(team.leader()));
    rig.run_for(seconds(11));
    ASSERT_TRUE(leader->has_value());
    EXPECT_EQ((*leader)->joined->generation, team.generation + 1);
    EXPECT_EQ(rig.refusal(GroupsRig::member(answer.member_id)), ErrorCode::unknown_member);
}

TEST(Rebalance, APromisedMemberMayLeaveAndCannotBecomeStatic) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form({GroupsRig::instance("s")});
    JoinRequest first = GroupsRig::member();
    first.member_id_required = true;
    const auto answer = rig.join_now(first);
    EXPECT_EQ(rig.refusal(GroupsRig::instance("s", answer.member_id)), ErrorCode::fenced_instance);
    EXPECT_EQ(rig.refusal(GroupsRig::instance("t", answer.member_id)), ErrorCode::unknown_member);
    EXPECT_TRUE(rig.leave(answer.member_id));
    EXPECT_EQ(rig.leave(answer.member_id).error(), ErrorCode::unknown_member);
    EXPECT_TRUE(rig.heartbeat(team.leader(), team.generation, "s"));
}

TEST(Rebalance, ASilentMemberIsDroppedAfterItsSessionAndTheOthersGatherAgain) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(2);
    rig.run_for(seconds(6));
    EXPECT_TRUE(rig.heartbeat(team.leader(), team.generation));
    rig.run_for(seconds(5));
    EXPECT_EQ(rig.state(), GroupState::preparing_rebalance);
    EXPECT_EQ(rig.describe()->members.size(), 1u);
    rig.run_for(seconds(11));
    EXPECT_EQ(rig.state(), GroupState::empty);
}

TEST(Rebalance, CommitsAreSignsOfLife) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(1);
    for (int i = 0; i < 5; ++i) {
        rig.run_for(seconds(6));
        EXPECT_TRUE(rig.commit(GroupsRig::identity(team.leader(), team.generation),
                               GroupsRig::offset("orders", i)));
    }
    EXPECT_EQ(rig.state(), GroupState::stable);
}

TEST(Rebalance, ANewMemberThatWaitsIsDroppedAfterFiveMinutesWhateverItsSession) {
    GroupsRig rig;
    rig.start();
    JoinRequest patient = GroupsRig::member();
    patient.rebalance_timeout = std::chrono::hours(1);
    const auto team = rig.form({patient});
    JoinRequest fresh = GroupsRig::member();
    fresh.session_timeout = std::chrono::minutes(20);
    const auto waiting = rig.join(fresh);
    for (int minute = 0; minute < 5; ++minute) {
        EXPECT_FALSE(waiting->has_value());
        for (int i = 0; i < 10; ++i) {
            rig.run_for(seconds(6));
            rig.pulse(team.leader(), team.generation);
        }
    }
    rig.run_for(seconds(1));
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ((*waiting)->joined.error(), ErrorCode::unknown_member);
    EXPECT_EQ((*waiting)->member_id, "");
}

TEST(Rebalance, MembersThatDoNotSyncInTimeAreDroppedBeforeTheAssignment) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.gather(2);
    const auto follower = rig.sync(team.follower(), team.generation);
    for (int i = 0; i < 5; ++i) {
        rig.run_for(seconds(6));
        rig.pulse(team.leader(), team.generation);
    }
    rig.run_for(seconds(1));
    ASSERT_TRUE(follower->has_value());
    EXPECT_EQ((*follower)->error(), ErrorCode::rebalance_in_progress);
    EXPECT_EQ(rig.heartbeat(team.leader(), team.generation).error(), ErrorCode::unknown_member);
}

TEST(Rebalance, MembersThatDoNotSyncInTimeAreDroppedAfterTheAssignmentToo) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.gather(2);
    ASSERT_TRUE(rig.sync_now(team.leader(), team.generation));
    EXPECT_EQ(rig.state(), GroupState::stable);
    for (int i = 0; i < 5; ++i) {
        rig.run_for(seconds(6));
        rig.pulse(team.leader(), team.generation);
        rig.pulse(team.follower(), team.generation);
    }
    rig.run_for(seconds(1));
    EXPECT_EQ(rig.state(), GroupState::preparing_rebalance);
    EXPECT_EQ(rig.heartbeat(team.follower(), team.generation).error(), ErrorCode::unknown_member);
}

TEST(Rebalance, OnceEverybodyHasSyncedTheRebalanceTimeoutIsOver) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(2);
    for (int i = 0; i < 10; ++i) {
        rig.run_for(seconds(6));
        for (const std::string& id : team.ids) EXPECT_TRUE(rig.heartbeat(id, team.generation));
    }
}

TEST(Rebalance, AMemberThatTheLeaderForgotGetsAnEmptyPart) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.gather(2);
    const auto follower = rig.sync(team.follower(), team.generation);
    ASSERT_TRUE(rig.sync_now(team.leader(), team.generation, {{"stranger", "x"}}));
    ASSERT_TRUE(follower->has_value() && **follower);
    EXPECT_EQ((**follower)->assignment.size(), 0u);
}

TEST(Rebalance, TheFirstOfTwoAssignmentsCounts) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.gather(2);
    const auto first = rig.sync(team.leader(), team.generation, {{team.follower(), "one"}});
    const auto second = rig.sync(team.leader(), team.generation, {{team.follower(), "two"}});
    const auto follower = rig.sync_now(team.follower(), team.generation);
    ASSERT_TRUE(follower);
    EXPECT_EQ(text_of(follower->assignment), "one");
    rig.restart_after(sim::Crash::power_cut);
    EXPECT_EQ(text_of(rig.sync_now(team.follower(), team.generation)->assignment), "one");
}

TEST(Rebalance, TheProtocolIsTheOneMostMembersPrefer) {
    GroupsRig rig;
    rig.start();
    const auto offers = [](std::vector<std::string> names) {
        JoinRequest join = GroupsRig::member();
        join.protocols.clear();
        for (std::string& name : names) join.protocols.push_back({std::move(name), bytes_of("m")});
        return join;
    };
    rig.form({offers({"range", "sticky", "own"}), offers({"sticky", "range"}),
              offers({"sticky", "range"})});
    EXPECT_EQ(rig.describe()->protocol_name, "sticky");
}

TEST(Rebalance, AStaticMemberThatReturnsTakesItsPlaceWithoutARebalance) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form({GroupsRig::member(), GroupsRig::instance("s")});
    std::string old_id;
    for (const auto& member : rig.describe()->members) {
        if (member.instance_id) old_id = member.member_id;
    }
    JoinRequest back = GroupsRig::instance("s", "", "other metadata, same protocol");
    back.supports_skip_assignment = true;
    const auto answer = rig.join_now(back);
    ASSERT_TRUE(answer.joined);
    EXPECT_EQ(answer.joined->generation, team.generation);
    EXPECT_NE(answer.member_id, old_id);
    EXPECT_EQ(answer.joined->skip_assignment, answer.joined->leader_id == answer.member_id);
    EXPECT_EQ(rig.state(), GroupState::stable);
    EXPECT_EQ(rig.heartbeat(old_id, team.generation, "s").error(), ErrorCode::fenced_instance);
    EXPECT_EQ(text_of(rig.sync_now(answer.member_id, team.generation)->assignment),
              "part of " + old_id);
    // The new id was durable before it was told.
    rig.restart_after(sim::Crash::power_cut);
    EXPECT_TRUE(rig.heartbeat(answer.member_id, team.generation, "s"));
    EXPECT_EQ(rig.heartbeat(old_id, team.generation, "s").error(), ErrorCode::fenced_instance);
}

TEST(Rebalance, AStaticLeaderThatReturnsAssignsOnlyIfItUnderstandsToSkip) {
    for (const bool understands : {true, false}) {
        GroupsRig rig;
        rig.start();
        const auto team = rig.form({GroupsRig::instance("s")});
        JoinRequest back = GroupsRig::instance("s");
        back.supports_skip_assignment = understands;
        const auto answer = rig.join_now(back);
        ASSERT_TRUE(answer.joined);
        EXPECT_EQ(answer.joined->skip_assignment, understands);
        EXPECT_EQ(answer.joined->leader_id, understands ? answer.member_id : team.leader());
        EXPECT_EQ(answer.joined->members.size(), understands ? 1u : 0u);
    }
}

TEST(Rebalance, AStaticMemberWhoseReturnChangesTheProtocolCausesARebalance) {
    GroupsRig rig;
    rig.start();
    JoinRequest both = GroupsRig::instance("s");
    both.protocols.push_back({"sticky", bytes_of("m")});
    const auto team = rig.form({both});
    JoinRequest other = GroupsRig::instance("s");
    other.protocols = {{"sticky", bytes_of("m")}};
    EXPECT_EQ(rig.refusal(GroupsRig::member("nobody")), ErrorCode::unknown_member);
    const auto answer = rig.join_now(other);
    ASSERT_TRUE(answer.joined);
    EXPECT_EQ(answer.joined->generation, team.generation + 1);
    EXPECT_EQ(answer.joined->protocol_name, "sticky");
}

TEST(Rebalance, ReplacingAStaticMemberFencesTheOldOneWhereverItWaits) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.gather({GroupsRig::member(), GroupsRig::instance("s")});
    std::string old_id;
    for (const auto& member : rig.describe()->members) {
        if (member.instance_id) old_id = member.member_id;
    }
    if (old_id != team.leader()) {
        const auto syncing = rig.sync(old_id, team.generation);
        const auto joining = rig.join(GroupsRig::instance("s"));
        EXPECT_EQ((*syncing)->error(), ErrorCode::fenced_instance);
        EXPECT_EQ(rig.state(), GroupState::preparing_rebalance);
        const auto again = rig.join(GroupsRig::instance("s"));
        ASSERT_TRUE(joining->has_value());
        EXPECT_EQ((*joining)->joined.error(), ErrorCode::fenced_instance);
        EXPECT_FALSE(again->has_value());
    } else {
        const auto joining = rig.join(GroupsRig::instance("s"));
        EXPECT_EQ(rig.state(), GroupState::preparing_rebalance);
    }
    EXPECT_EQ(rig.describe()->members.size(), 2u);
}

TEST(Rebalance, AStaticMemberThatIsAwayKeepsItsPlaceInTheNextGeneration) {
    GroupsRig rig;
    rig.start();
    JoinRequest away = GroupsRig::instance("s");
    away.session_timeout = std::chrono::minutes(10);
    rig.form({GroupsRig::member(), away});
    std::string dynamic;
    for (const auto& member : rig.describe()->members) {
        if (!member.instance_id) dynamic = member.member_id;
    }
    const auto joining = rig.join(GroupsRig::member(dynamic, "changed"));
    rig.run_for(seconds(31));
    ASSERT_TRUE(joining->has_value());
    EXPECT_EQ((*joining)->joined->leader_id, dynamic);
    EXPECT_EQ((*joining)->joined->members.size(), 2u);
}

TEST(Rebalance, AFullGroupRefusesNewcomersAndKeepsItsMembers) {
    GroupsRig rig;
    rig.config.group_size_max = 2;
    rig.start();
    const auto team = rig.form(2);
    EXPECT_EQ(rig.refusal(GroupsRig::member()), ErrorCode::group_max_size_reached);
    EXPECT_EQ(rig.refusal(GroupsRig::instance("s")), ErrorCode::group_max_size_reached);
    EXPECT_TRUE(rig.heartbeat(team.leader(), team.generation));
    // While it gathers, places go to those who come first.
    const auto leader = rig.join(GroupsRig::member(team.leader()));
    const auto newcomer = rig.join(GroupsRig::member());
    EXPECT_FALSE(newcomer->has_value());
    EXPECT_EQ(rig.refusal(GroupsRig::member(team.follower())), ErrorCode::group_max_size_reached);
    EXPECT_EQ(rig.gathered({leader, newcomer}).ids.size(), 2u);
}

TEST(Rebalance, AGroupThatHasBecomeTooLargeShedsItsLastMembersAfterALoad) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(3);
    rig.config.group_size_max = 2;
    rig.restart_after(sim::Crash::kill);
    EXPECT_EQ(rig.state(), GroupState::preparing_rebalance);
    EXPECT_TRUE(rig.commit(GroupsRig::identity(team.leader(), team.generation),
                           GroupsRig::offset("orders", 1)));
    const auto first = rig.join(GroupsRig::member(team.ids[0]));
    const auto second = rig.join(GroupsRig::member(team.ids[1]));
    EXPECT_EQ(rig.refusal(GroupsRig::member(team.ids[2])), ErrorCode::group_max_size_reached);
    EXPECT_EQ(rig.gathered({first, second}).ids.size(), 2u);
}

TEST(Rebalance, PromisesAreBoundedLikeMembers) {
    GroupsRig rig;
    rig.config.group_size_max = 3;
    rig.start();
    JoinRequest first = GroupsRig::member();
    first.member_id_required = true;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.refusal(first), ErrorCode::member_id_required);
    EXPECT_EQ(rig.refusal(first), ErrorCode::group_max_size_reached);
    rig.run_for(seconds(11));
    EXPECT_EQ(rig.refusal(first), ErrorCode::member_id_required);
}

TEST(Rebalance, TheNumberOfGroupsIsBoundedForMembersAndForCommits) {
    GroupsRig rig;
    rig.config.groups_max = 2;
    rig.start();
    for (const char* id : {"a", "b"}) {
        MemberIdentity who = GroupsRig::identity("", -1);
        who.group_id = id;
        EXPECT_TRUE(rig.commit(who, GroupsRig::offset("orders", 1)));
    }
    EXPECT_EQ(rig.commit(GroupsRig::identity("", -1), GroupsRig::offset("orders", 1)).error(),
              ErrorCode::policy_violation);
    EXPECT_EQ(rig.refusal(GroupsRig::member()), ErrorCode::policy_violation);
    EXPECT_EQ(rig.groups().list()->size(), 2u);
}

TEST(Rebalance, ARefusedMemberLeavesNoGroupBehind) {
    GroupsRig rig;
    rig.start();
    JoinRequest nothing = GroupsRig::member();
    nothing.protocols.clear();
    EXPECT_EQ(rig.refusal(nothing), ErrorCode::inconsistent_group_protocol);
    JoinRequest hasty = GroupsRig::member();
    hasty.session_timeout = seconds(1);
    EXPECT_EQ(rig.refusal(hasty), ErrorCode::invalid_session_timeout);
    hasty.session_timeout = std::chrono::hours(1);
    EXPECT_EQ(rig.refusal(hasty), ErrorCode::invalid_session_timeout);
    EXPECT_EQ(rig.groups().list()->size(), 0u);
}

TEST(Rebalance, WhatAMemberTellsAboutItselfIsBounded) {
    GroupsRig rig;
    rig.start();
    EXPECT_EQ(rig.refusal(GroupsRig::member("", std::string(2 << 20, 'm'))),
              ErrorCode::message_too_large);
    // The longest client id that fits a request still makes a member id that fits a record.
    JoinRequest verbose = GroupsRig::member();
    verbose.client_id = std::string(1023, 'x') + "\xC3\xA4" + std::string(31000, 'y');
    const auto team = rig.form({verbose});
    EXPECT_EQ(team.leader().substr(0, 1024), std::string(1023, 'x') + "-");
    rig.restart_after(sim::Crash::kill);
    EXPECT_TRUE(rig.heartbeat(team.leader(), team.generation));
}

TEST(Rebalance, AMemberThatAsksTwiceIsAnsweredTwice) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(2);
    const auto lost = rig.join(GroupsRig::member(team.leader()));
    const auto again = rig.join(GroupsRig::member(team.leader()));
    ASSERT_TRUE(lost->has_value());
    EXPECT_EQ((*lost)->joined.error(), ErrorCode::rebalance_in_progress);
    const auto follower = rig.join(GroupsRig::member(team.follower()));
    EXPECT_EQ(rig.gathered({again, follower}).generation, team.generation + 1);
}

TEST(Rebalance, AMemberOffersOnlySoManyProtocols) {
    GroupsRig rig;
    rig.config.member_protocols_max = 3;
    rig.start();
    JoinRequest many = GroupsRig::member();
    for (const char* name : {"a", "b", "c"})
        many.protocols.push_back({.name = name, .metadata = {}});
    EXPECT_EQ(rig.refusal(many), ErrorCode::message_too_large);
    many.protocols.pop_back();
    const auto joined = rig.join(many);
    rig.run_for(seconds(1));
    EXPECT_TRUE(joined->has_value() && (*joined)->joined);
}

}  // namespace
}  // namespace polylog::coordinator

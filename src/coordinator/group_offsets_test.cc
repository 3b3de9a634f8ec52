#include <gtest/gtest.h>

#include "coordinator/group_records.h"
#include "model/topic_name.h"
#include "test/coordinator/groups_rig.h"

// Committed offsets, and what a crash leaves of groups.
namespace polylog::coordinator {
namespace {

using sim::Crash;
using std::chrono::hours;
using testing::ErrorCode;
using testing::GroupsRig;
using testing::milliseconds;
using testing::Result;
using testing::seconds;
using testing::subscription;
using testing::text_of;

constexpr Crash kCrashes[] = {Crash::kill, Crash::power_cut};

JoinRequest reader_of(const std::vector<std::string>& topics) {
    JoinRequest request = GroupsRig::member();
    request.protocols.front().metadata = subscription(topics);
    return request;
}

TEST(GroupOffsets, EverythingOfACommitComesBack) {
    GroupsRig rig;
    rig.start();
    ASSERT_TRUE(rig.commit(GroupsRig::identity("", -1), GroupsRig::offset("orders", 42, 7)));
    const auto check = [&] {
        const auto all = rig.groups().committed("g", std::nullopt);
        ASSERT_TRUE(all);
        ASSERT_EQ(all->size(), 1u);
        const auto& [partition, committed] = *all->begin();
        EXPECT_EQ(partition, (TopicPartitionName{"orders", {7}}));
        EXPECT_EQ(committed.offset.value, 42);
        EXPECT_EQ(committed.leader_epoch.value, 3);
        EXPECT_EQ(committed.metadata, "note");
    };
    check();
    rig.restart_after(Crash::power_cut);
    check();
    const auto some = rig.groups().committed("g", std::vector<TopicPartitionName>{{"orders", {7}},
                                                                                  {"orders", {8}}});
    EXPECT_EQ(some->size(), 1u);
    EXPECT_TRUE(rig.groups().committed("unknown", std::nullopt)->empty());
}

TEST(GroupOffsets, GroupsHaveNamesOfAKilobyteAtMost) {
    GroupsRig rig;
    rig.start();
    const auto commit_for = [&](std::string group_id) {
        MemberIdentity who = GroupsRig::identity("", -1);
        who.group_id = std::move(group_id);
        return rig.commit(who, GroupsRig::offset("orders", 1));
    };
    EXPECT_TRUE(commit_for(std::string(model::kGroupIdBytesMax, 'g')));
    const auto refused = commit_for(std::string(model::kGroupIdBytesMax + 1, 'g'));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), ErrorCode::invalid_name);
    EXPECT_TRUE(commit_for(""));
    JoinRequest join = GroupsRig::member();
    join.group_id = std::string(model::kGroupIdBytesMax + 1, 'g');
    EXPECT_EQ(rig.refusal(join), ErrorCode::invalid_name);
    EXPECT_EQ(rig.groups().list()->size(), 2u);
}

TEST(GroupOffsets, EachCommitOfACallHasItsOwnResult) {
    GroupsRig rig;
    rig.start();
    OffsetCommit wordy = GroupsRig::offset("orders", 2, 1);
    wordy.committed.metadata = std::string(4097, 'x');
    OffsetCommit full = GroupsRig::offset("orders", 3, 2);
    full.committed.metadata = std::string(4096, 'x');
    std::vector<OffsetCommit> commits{GroupsRig::offset("orders", 1), wordy, full};
    const auto results = rig.wait(rig.groups().commit(GroupsRig::identity("", -1), commits));
    EXPECT_TRUE(results[0] && results[2]);
    EXPECT_EQ(results[1].error(), ErrorCode::metadata_too_large);
    EXPECT_EQ(rig.groups().committed("g", std::nullopt)->size(), 2u);
}

TEST(GroupOffsets, CommitsUnderWayAreMadeInTheOrderTheyCame) {
    GroupsRig rig;
    rig.start();
    std::vector<testing::Pending<std::vector<Result<void>>>> pending;
    for (int i = 0; i < 20; ++i) {
        std::vector<OffsetCommit> commits{GroupsRig::offset("orders", i)};
        pending.push_back(
            rig.spawn(rig.groups().commit(GroupsRig::identity("", -1), std::move(commits))));
    }
    rig.run_for(seconds(1));
    for (const auto& each : pending) EXPECT_TRUE((*each)->front());
    EXPECT_EQ(rig.committed("orders"), 19);
    rig.restart_after(Crash::power_cut);
    EXPECT_EQ(rig.committed("orders"), 19);
}

TEST(GroupOffsets, ACommitWhoseClientHangsUpIsMadeWholeAndBlocksNobody) {
    GroupsRig rig;
    rig.start();
    {
        io::TaskScope client;
        rig.on_shard([&] {
            std::vector<OffsetCommit> commits{GroupsRig::offset("orders", 5)};
            client.spawn(sim::detail::store_result(
                rig.groups().commit(GroupsRig::identity("", -1), std::move(commits)),
                std::make_shared<std::optional<std::vector<Result<void>>>>()));
            client.destroy_all();
            return 0;
        });
    }
    rig.run_for(seconds(1));
    EXPECT_EQ(rig.committed("orders"), 5);
    EXPECT_TRUE(rig.commit(GroupsRig::identity("", -1), GroupsRig::offset("orders", 6)));
}

TEST(GroupOffsets, EveryStateSurvivesACrashAsTheLastDurableGeneration) {
    for (const Crash crash : kCrashes) {
        GroupsRig rig;
        rig.start();
        // Gathering for the first time: nothing is known of the group.
        rig.join(GroupsRig::member());
        EXPECT_EQ(rig.state(), GroupState::preparing_rebalance);
        rig.restart_after(crash);
        EXPECT_FALSE(rig.describe());

        // Assigning for the first time.
        const auto unassigned = rig.gather(2);
        rig.restart_after(crash);
        EXPECT_FALSE(rig.describe());
        EXPECT_EQ(rig.heartbeat(unassigned.leader(), 1).error(), ErrorCode::unknown_member);

        // Stable: generation, ids, parts and leader remain; sessions begin anew.
        const auto team = rig.form(2);
        ASSERT_TRUE(rig.commit(GroupsRig::identity(team.leader(), team.generation),
                               GroupsRig::offset("orders", 11)));
        rig.run_for(seconds(9));
        rig.restart_after(crash);
        EXPECT_EQ(rig.state(), GroupState::stable);
        rig.run_for(seconds(9));
        for (const std::string& id : team.ids) {
            EXPECT_TRUE(rig.heartbeat(id, team.generation));
            EXPECT_EQ(text_of(rig.sync_now(id, team.generation)->assignment), "part of " + id);
        }
        EXPECT_EQ(rig.committed("orders"), 11);

        // Gathering again, and assigning again: the generation before is back.
        rig.join(GroupsRig::member(team.leader()));
        EXPECT_EQ(rig.state(), GroupState::preparing_rebalance);
        rig.restart_after(crash);
        EXPECT_TRUE(rig.heartbeat(team.leader(), team.generation));
        const auto leader = rig.join(GroupsRig::member(team.leader()));
        const auto follower = rig.join(GroupsRig::member(team.follower()));
        EXPECT_EQ(rig.gathered({leader, follower}).generation, team.generation + 1);
        rig.restart_after(crash);
        EXPECT_EQ(rig.heartbeat(team.leader(), team.generation + 1).error(),
                  ErrorCode::illegal_generation);
        EXPECT_EQ(text_of(rig.sync_now(team.follower(), team.generation)->assignment),
                  "part of " + team.follower());

        // Empty: the generation goes on from there.
        ASSERT_TRUE(rig.leave(team.leader()));
        ASSERT_TRUE(rig.leave(team.follower()));
        rig.run_for(seconds(31));
        ASSERT_EQ(rig.state(), GroupState::empty);
        rig.restart_after(crash);
        EXPECT_EQ(rig.state(), GroupState::empty);
        EXPECT_EQ(rig.committed("orders"), 11);
        EXPECT_GT(rig.gather(1).generation, team.generation + 1);
    }
}

TEST(GroupOffsets, SilentMembersAreDroppedAfterALoadToo) {
    GroupsRig rig;
    rig.start();
    rig.form(2);
    rig.restart_after(Crash::kill);
    rig.run_for(seconds(12));
    EXPECT_EQ(rig.state(), GroupState::empty);
}

// Fills the log until it has been rewritten, while `meanwhile` is under way.
void rewrite_log(GroupsRig& rig) {
    const auto begin = rig.program().partition().log_start();
    MemberIdentity filler = GroupsRig::identity("", -1);
    filler.group_id = "filler";
    for (int round = 0; round < 4000; ++round) {
        std::vector<OffsetCommit> commits;
        for (int i = 0; i < 4; ++i) {
            commits.push_back(GroupsRig::offset("filler", round, i));
            commits.back().committed.metadata = std::string(2000, 'x');
        }
        rig.wait(rig.groups().commit(filler, std::move(commits)));
        if (rig.program().partition().log_start() > begin) return;
    }
    FAIL() << "the log was not rewritten";
}

TEST(GroupOffsets, ARewrittenLogHoldsEverythingThatCounts) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(2);
    ASSERT_TRUE(rig.commit(GroupsRig::identity(team.leader(), team.generation),
                           GroupsRig::offset("orders", 11)));
    rewrite_log(rig);
    EXPECT_LT(rig.program().partition().log().positions().size_bytes, uint64_t{4} << 20);
    // Sessions are long over by then; their members are gone, or not, and what is there is the same
    // after a reload.
    const auto before = rig.describe();
    rig.restart_after(Crash::power_cut);
    ASSERT_EQ(rig.describe().has_value(), before.has_value());
    EXPECT_EQ(rig.describe()->state, before->state);
    EXPECT_EQ(rig.describe()->members.size(), before->members.size());
    EXPECT_EQ(rig.committed("orders"), 11);
    EXPECT_EQ(rig.groups().committed("filler", std::nullopt)->size(), 4u);
}

TEST(GroupOffsets, ALogRewrittenDuringARebalanceHoldsTheGenerationBefore) {
    GroupsRig rig;
    rig.start();
    JoinRequest patient = GroupsRig::member();
    patient.session_timeout = std::chrono::minutes(30);
    patient.rebalance_timeout = hours(10);
    const auto team = rig.form({patient, patient});
    JoinRequest again = patient;
    std::vector<testing::Pending<JoinAnswer>> answers;
    for (const std::string& id : {team.leader(), team.follower()}) {
        again.member_id = id;
        answers.push_back(rig.join(again));
    }
    ASSERT_EQ(rig.gathered(answers).generation, team.generation + 1);
    ASSERT_EQ(rig.state(), GroupState::completing_rebalance);
    rewrite_log(rig);
    ASSERT_EQ(rig.state(), GroupState::completing_rebalance);
    rig.restart_after(Crash::power_cut);
    // Nobody may get a part in the generation whose assignment was never made.
    EXPECT_EQ(rig.sync_now(team.follower(), team.generation + 1).error(),
              ErrorCode::illegal_generation);
    EXPECT_EQ(text_of(rig.sync_now(team.follower(), team.generation)->assignment),
              "part of " + team.follower());
}

TEST(GroupOffsets, DeletedOffsetsStayDeleted) {
    GroupsRig rig;
    rig.start();
    rig.form({reader_of({"orders"})});
    const auto team = rig.describe()->members.front().member_id;
    for (const char* topic : {"orders", "left"}) {
        ASSERT_TRUE(rig.commit(GroupsRig::identity(team, 1), GroupsRig::offset(topic, 5)));
    }
    const auto deleted = rig.wait(
        rig.groups().delete_offsets("g", {{"orders", {0}}, {"left", {0}}, {"left", {9}}}));
    ASSERT_TRUE(deleted);
    EXPECT_EQ((*deleted)[0].error(), ErrorCode::group_subscribed_to_topic);
    EXPECT_TRUE((*deleted)[1] && (*deleted)[2]);
    rig.restart_after(Crash::power_cut);
    EXPECT_EQ(rig.committed("orders"), 5);
    EXPECT_EQ(rig.committed("left"), -1);
    EXPECT_EQ(rig.wait(rig.groups().delete_offsets("none", {})).error(), ErrorCode::unknown_group);
}

TEST(GroupOffsets, ConsumersThatCannotBeUnderstoodMayReadAnything) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(1);
    const auto refused = rig.wait(rig.groups().delete_offsets("g", {{"orders", {0}}}));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->front().error(), ErrorCode::group_subscribed_to_topic);
    ASSERT_TRUE(rig.leave(team.leader()));
    EXPECT_TRUE(rig.wait(rig.groups().delete_offsets("g", {{"orders", {0}}}))->front());
}

TEST(GroupOffsets, MembersOfAnotherKindKeepTheirOffsets) {
    GroupsRig rig;
    rig.start();
    JoinRequest worker = GroupsRig::member();
    worker.protocol_type = "connect";
    const auto team = rig.form({worker});
    EXPECT_EQ(rig.wait(rig.groups().delete_offsets("g", {{"orders", {0}}})).error(),
              ErrorCode::non_empty_group);
    ASSERT_TRUE(rig.leave(team.leader()));
    EXPECT_TRUE(rig.wait(rig.groups().delete_offsets("g", {{"orders", {0}}})));
}

TEST(GroupOffsets, OnlyEmptyGroupsAreDeletedAndThenEntirely) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(1);
    ASSERT_TRUE(rig.commit(GroupsRig::identity(team.leader(), 1), GroupsRig::offset("orders", 5)));
    const auto remove = [&] { return rig.wait(rig.groups().delete_group("g")); };
    EXPECT_EQ(remove().error(), ErrorCode::non_empty_group);
    ASSERT_TRUE(rig.leave(team.leader()));
    EXPECT_TRUE(remove());
    EXPECT_EQ(remove().error(), ErrorCode::unknown_group);
    rig.restart_after(Crash::power_cut);
    EXPECT_FALSE(rig.describe());
    EXPECT_EQ(rig.committed("orders"), -1);
    EXPECT_EQ(rig.gather(1).generation, 1);
}

TEST(GroupOffsets, AGroupThatGathersIsNotEmpty) {
    GroupsRig rig;
    rig.start();
    rig.join(GroupsRig::member());
    EXPECT_EQ(rig.wait(rig.groups().delete_group("g")).error(), ErrorCode::non_empty_group);
}

TEST(GroupOffsets, ACommitUnderWayIsDeletedWithItsGroupAndNotLater) {
    GroupsRig rig;
    rig.start();
    ASSERT_TRUE(rig.commit(GroupsRig::identity("", -1), GroupsRig::offset("orders", 1)));
    std::vector<OffsetCommit> commits{GroupsRig::offset("left", 2)};
    const auto under_way = rig.spawn(
        rig.groups().commit(GroupsRig::identity("", -1), std::move(commits)));
    EXPECT_TRUE(rig.wait(rig.groups().delete_group("g")));
    rig.run_for(seconds(1));
    EXPECT_EQ(rig.committed("left"), -1);
    rig.restart_after(Crash::power_cut);
    EXPECT_EQ(rig.committed("left"), -1);
    EXPECT_FALSE(rig.describe());
}

TEST(GroupOffsets, OffsetsOfDeletedTopicsAreForgotten) {
    GroupsRig rig;
    rig.start();
    for (const char* topic : {"orders", "left"}) {
        ASSERT_TRUE(rig.commit(GroupsRig::identity("", -1), GroupsRig::offset(topic, 5)));
    }
    EXPECT_TRUE(rig.wait(rig.groups().forget_topics({"left", "unknown"})));
    EXPECT_EQ(rig.committed("left"), -1);
    rig.restart_after(Crash::kill);
    EXPECT_EQ(rig.committed("left"), -1);
    EXPECT_EQ(rig.committed("orders"), 5);
}

GroupsRig& with_expiry(GroupsRig& rig) {
    rig.config.offsets_retention = hours(10);
    rig.config.expiry_interval = std::chrono::minutes(10);
    rig.start();
    return rig;
}

void stay_alive(GroupsRig& rig, const GroupsRig::Team& team, base::Duration duration) {
    for (auto left = duration; left > base::Duration::zero(); left -= std::chrono::minutes(20)) {
        rig.run_for(std::chrono::minutes(20));
        EXPECT_TRUE(rig.heartbeat(team.leader(), team.generation));
    }
}

TEST(GroupOffsets, OffsetsOfAnEmptyGroupExpireFromTheMomentItBecameEmpty) {
    GroupsRig rig;
    with_expiry(rig);
    JoinRequest member = GroupsRig::member();
    member.session_timeout = std::chrono::minutes(30);
    const auto team = rig.form({member});
    ASSERT_TRUE(rig.commit(GroupsRig::identity(team.leader(), 1), GroupsRig::offset("orders", 5)));
    stay_alive(rig, team, hours(12));
    EXPECT_EQ(rig.committed("orders"), 5);  // nothing expires below living members
    ASSERT_TRUE(rig.leave(team.leader()));
    rig.run_for(hours(9));
    rig.restart_after(Crash::kill);  // which does not begin the time anew
    EXPECT_EQ(rig.committed("orders"), 5);
    rig.run_for(std::chrono::minutes(75));
    EXPECT_EQ(rig.committed("orders"), -1);
    EXPECT_FALSE(rig.describe());
    rig.restart_after(Crash::power_cut);
    EXPECT_FALSE(rig.describe());
}

TEST(GroupOffsets, OffsetsOfGroupsThatOnlyCommitExpireAfterTheCommit) {
    GroupsRig rig;
    with_expiry(rig);
    ASSERT_TRUE(rig.commit(GroupsRig::identity("", -1), GroupsRig::offset("orders", 5)));
    rig.run_for(hours(6));
    ASSERT_TRUE(rig.commit(GroupsRig::identity("", -1), GroupsRig::offset("left", 6)));
    rig.run_for(hours(5));
    EXPECT_EQ(rig.committed("orders"), -1);
    EXPECT_EQ(rig.committed("left"), 6);
    rig.run_for(hours(6));
    EXPECT_FALSE(rig.describe());
}

TEST(GroupOffsets, TopicsThatAStableGroupNoLongerReadsExpire) {
    GroupsRig rig;
    with_expiry(rig);
    JoinRequest member = reader_of({"orders"});
    member.session_timeout = std::chrono::minutes(30);
    const auto team = rig.form({member});
    for (const char* topic : {"orders", "left"}) {
        ASSERT_TRUE(rig.commit(GroupsRig::identity(team.leader(), 1), GroupsRig::offset(topic, 5)));
    }
    stay_alive(rig, team, hours(11));
    EXPECT_EQ(rig.committed("orders"), 5);
    EXPECT_EQ(rig.committed("left"), -1);
}

TEST(GroupOffsets, NothingExpiresDuringARebalance) {
    GroupsRig rig;
    with_expiry(rig);
    JoinRequest member = reader_of({"orders"});
    member.session_timeout = std::chrono::minutes(30);
    member.rebalance_timeout = hours(20);
    const auto team = rig.form({member, member});
    ASSERT_TRUE(rig.commit(GroupsRig::identity(team.leader(), 1), GroupsRig::offset("left", 5)));
    member.member_id = team.leader();
    rig.join(member);
    for (int i = 0; i < 33; ++i) {
        rig.run_for(std::chrono::minutes(20));
        EXPECT_EQ(rig.heartbeat(team.follower(), 1).error(), ErrorCode::rebalance_in_progress);
    }
    EXPECT_EQ(rig.committed("left"), 5);
}

TEST(GroupOffsets, ACommitMaySayItselfWhenItExpires) {
    GroupsRig rig;
    with_expiry(rig);
    ASSERT_TRUE(rig.commit(GroupsRig::identity("", -1), GroupsRig::offset("orders", 5), hours(1)));
    ASSERT_TRUE(rig.commit(GroupsRig::identity("", -1), GroupsRig::offset("left", 5), hours(20)));
    rig.restart_after(Crash::kill);
    rig.run_for(std::chrono::minutes(50));
    EXPECT_EQ(rig.committed("orders"), 5);
    rig.run_for(std::chrono::minutes(21));
    EXPECT_EQ(rig.committed("orders"), -1);
    rig.run_for(hours(15));
    EXPECT_EQ(rig.committed("left"), 5);
}

TEST(GroupOffsets, StorageThatFailsIsAnErrorThatMembersCanActOn) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form(2);
    const auto next = [&] {
        const auto leader = rig.join(GroupsRig::member(team.leader()));
        const auto follower = rig.join(GroupsRig::member(team.follower()));
        return rig.gathered({leader, follower});
    };
    const auto second = next();
    rig.program().partition().close();  // the storage is gone below the coordinator
    const auto follower = rig.sync(team.follower(), second.generation);
    EXPECT_EQ(rig.sync_now(second.leader(), second.generation).error(), ErrorCode::not_coordinator);
    ASSERT_TRUE(follower->has_value());
    EXPECT_EQ((*follower)->error(), ErrorCode::not_coordinator);
    EXPECT_EQ(rig.state(), GroupState::preparing_rebalance);
    EXPECT_EQ(rig.commit(GroupsRig::identity(team.leader(), second.generation),
                         GroupsRig::offset("orders", 1))
                  .error(),
              ErrorCode::not_coordinator);
    EXPECT_EQ(rig.committed("orders"), -1);
}

TEST(GroupOffsets, AStaticMemberWhoseNewIdCannotBeStoredKeepsTheOldOne) {
    GroupsRig rig;
    rig.start();
    const auto team = rig.form({GroupsRig::instance("s")});
    rig.program().partition().close();
    const auto answer = rig.join_now(GroupsRig::instance("s"));
    EXPECT_EQ(answer.joined.error(), ErrorCode::not_coordinator);
    EXPECT_TRUE(rig.heartbeat(team.leader(), team.generation, "s"));
}

}  // namespace
}  // namespace polylog::coordinator

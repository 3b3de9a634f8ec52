#include "coordinator/members.h"

#include <gtest/gtest.h>

#include "io/sim/world.h"

// Who leads and which protocol wins, after every change of the membership.
namespace polylog::coordinator {
namespace {

std::vector<MemberProtocol> protocols(std::initializer_list<const char*> names) {
    std::vector<MemberProtocol> protocols;
    for (const char* name : names) protocols.push_back({.name = name, .metadata = {}});
    return protocols;
}

Member& join(Members& members, std::string id, std::initializer_list<const char*> names) {
    auto member = std::make_unique<Member>();
    member->id = std::move(id);
    member->protocols = protocols(names);
    return members.add(std::move(member));
}

// Members have timers, which belong to a shard: everything happens on one.
class MembersTest : public ::testing::Test {
protected:
    MembersTest() {
        node_.boot([](sim::Node&) { return std::make_shared<int>(0); });
    }
    template <class Work>
    void on_shard(Work work) {
        node_.shard(0).run(work);
    }

private:
    sim::World world_{1, {.fault_points = {.enabled = 0}}};
    sim::Node& node_ = world_.add_node();
};

TEST_F(MembersTest, AgreeOnAProtocolThatAllOfThemKnow) {
    on_shard([] {
        Members members;
        EXPECT_EQ(members.vote(), "");
        Member& a = join(members, "a", {"sticky", "range"});
        EXPECT_EQ(members.vote(), "sticky");
        join(members, "b", {"range", "roundrobin"});
        EXPECT_TRUE(members.all_support("range"));
        EXPECT_FALSE(members.all_support("sticky"));
        EXPECT_EQ(members.vote(), "range");
        members.set_protocols(a, protocols({"roundrobin"}));
        EXPECT_FALSE(members.all_support("range"));
        EXPECT_EQ(members.vote(), "roundrobin");
        members.remove("b");
        EXPECT_FALSE(members.all_support("range"));
        EXPECT_TRUE(members.all_support("roundrobin"));
    });
}

TEST_F(MembersTest, CountAProtocolOnceThatAMemberNamesTwice) {
    on_shard([] {
        Members members;
        join(members, "a", {"range", "range"});
        join(members, "b", {"sticky"});
        EXPECT_FALSE(members.all_support("range"));
        members.remove("b");
        EXPECT_TRUE(members.all_support("range"));
    });
}

TEST_F(MembersTest, AreLedByTheFirstAndThenRatherByOneWhoHasJoined) {
    on_shard([] {
        Members members;
        join(members, "b", {"range"});
        join(members, "a", {"range"});
        Member& c = join(members, "c", {"range"});
        EXPECT_EQ(members.leader_id(), "b");
        c.joining = std::make_shared<io::Completion<JoinAnswer>>();
        members.remove("b");
        EXPECT_EQ(members.leader_id(), "c");
        members.remove("c");
        EXPECT_EQ(members.leader_id(), "a");
        EXPECT_FALSE(members.elect_leader());
        members.remove("a");
        EXPECT_EQ(members.leader_id(), "");
    });
}

TEST_F(MembersTest, KeepTheirStaticMembersPlaceWhenItsIdChanges) {
    on_shard([] {
        Members members;
        auto member = std::make_unique<Member>();
        member->id = "i-1";
        member->instance_id = "i";
        member->protocols = protocols({"range"});
        members.add(std::move(member));
        members.replace_static("i", "i-2");
        EXPECT_EQ(members.static_member("i"), "i-2");
        EXPECT_EQ(members.leader_id(), "i-2");
        EXPECT_EQ(members.find("i-1"), nullptr);
        EXPECT_EQ(members.vote(), "range");
        members.remove("i-2");
        EXPECT_EQ(members.static_member("i"), std::nullopt);
    });
}

}  // namespace
}  // namespace polylog::coordinator

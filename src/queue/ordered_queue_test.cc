#include "test/queue/queue_rig.h"

// Queues whose messages are handed out in order within their groups.
namespace polylog::queue {
namespace {

using sim::Crash;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::QueueRig;
using Outcome = Settle::Outcome;
using Bodies = std::vector<std::string>;

class OrderedQueue : public ::testing::Test {
protected:
    OrderedQueue() {
        rig.settings().ordered = true;
        rig.settings().lease_time = seconds(30);
    }

    QueueRig rig;
};

TEST_F(OrderedQueue, AGroupWithAMessageInFlightDeliversNothingMore) {
    rig.start();
    rig.send({"a1", "a2"}, "a");
    rig.send({"b1"}, "b");
    const auto first = rig.receive(1);
    EXPECT_EQ(rig.bodies(first), (Bodies{"a1"}));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"b1"}));
    EXPECT_EQ(rig.receive_bodies(), Bodies());
    ASSERT_TRUE(rig.settle(first[0].lease));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"a2"}));
}

TEST_F(OrderedQueue, OneReceiveTakesSeveralMessagesOfAGroupAndThenOfOthers) {
    rig.start();
    rig.send({"a1"}, "a");
    rig.send({"b1"}, "b");
    rig.send({"a2"}, "a");
    rig.send({"b2"}, "b");
    EXPECT_EQ(rig.receive_bodies(3), (Bodies{"a1", "a2", "b1"}));
    EXPECT_EQ(rig.receive_bodies(3), Bodies());
}

TEST_F(OrderedQueue, SettlingSomeOfAGroupDoesNotFreeItSettlingAllDoes) {
    rig.start();
    rig.send({"1", "2", "3"}, "g");
    const auto received = rig.receive(2);
    const auto waiting = rig.receive_later(seconds(20));
    ASSERT_TRUE(rig.settle(received[0].lease));
    rig.run_for(milliseconds(50));
    EXPECT_FALSE(waiting->has_value());
    ASSERT_TRUE(rig.settle(received[1].lease));
    rig.run_for(milliseconds(50));
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ(rig.bodies(***waiting), (Bodies{"3"}));
}

TEST_F(OrderedQueue, AReleasedMessageComesBeforeThoseBehindIt) {
    rig.start();
    rig.send({"1", "2", "3"}, "g");
    const auto received = rig.receive(2);
    ASSERT_TRUE(rig.settle(received[0].lease, Outcome::release));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"1"}));
    ASSERT_TRUE(rig.settle(received[1].lease, Outcome::release));
    EXPECT_EQ(rig.receive_bodies(), Bodies());
}

TEST_F(OrderedQueue, ADelayedReleaseHoldsItsGroupUp) {
    rig.start();
    rig.send({"1", "2"}, "g");
    const auto received = rig.receive(1);
    ASSERT_TRUE(rig.settle(received[0].lease, Outcome::release_later, seconds(5)));
    EXPECT_EQ(rig.receive_bodies(), Bodies());
    rig.run_for(seconds(6));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"1", "2"}));
}

TEST_F(OrderedQueue, MessagesWithoutAGroupAreOne) {
    rig.start();
    rig.send({"1", "2"});
    rig.receive(1);
    EXPECT_EQ(rig.receive_bodies(), Bodies());
}

TEST_F(OrderedQueue, KeepsLeasesCountsAndOrderThroughACrash) {
    for (const Crash crash : {Crash::kill, Crash::power_cut}) {
        QueueRig again;
        again.settings().ordered = true;
        again.settings().lease_time = seconds(30);
        again.start();
        again.send({"1", "2", "3"}, "g");
        const auto received = again.receive(2);
        ASSERT_TRUE(again.settle(received[0].lease));
        again.restart_after(crash);
        EXPECT_EQ(again.receive_bodies(), Bodies());
        ASSERT_TRUE(again.settle(received[1].lease, Outcome::release));
        const auto back = again.receive();
        EXPECT_EQ(again.bodies(back), (Bodies{"2", "3"}));
        EXPECT_EQ(back[0].counts.leased, 2);
        EXPECT_EQ(back[0].counts.first_leased_at_ms, received[1].counts.first_leased_at_ms);
    }
}

TEST_F(OrderedQueue, LooksPastALargeGroupThatIsBlocked) {
    rig.start();
    rig.send(Bodies(2000, "a"), "a");
    rig.send({"b"}, "b");
    rig.receive(1);
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"b"}));
}

TEST_F(OrderedQueue, PurgeAndSeekBeginTheGroupsAnew) {
    rig.start();
    rig.send({"1", "2"}, "g");
    rig.receive(1);
    ASSERT_TRUE(rig.wait(rig.queue()->purge()));
    rig.send({"3"}, "g");
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"3"}));
    ASSERT_TRUE(rig.wait(rig.queue()->seek(0)));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"1", "2", "3"}));
}

}  // namespace
}  // namespace polylog::queue

#include "queue/queue.h"

#include "test/queue/queue_rig.h"

namespace polylog::queue {
namespace {

using base::ErrorCode;
using base::Result;
using model::Offset;
using sim::Crash;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Pending;
using testing::QueueRig;
using Outcome = Settle::Outcome;
using Bodies = std::vector<std::string>;

constexpr Crash kCrashes[] = {Crash::kill, Crash::power_cut};

TEST(Queue, HandsOutMessagesInTheirOrderOnce) {
    QueueRig rig;
    rig.start();
    rig.send({"a", "b", "c"});
    EXPECT_EQ(rig.depth(), (Depth{.ready = 3}));
    EXPECT_EQ(rig.receive_bodies(2), (Bodies{"a", "b"}));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"c"}));
    EXPECT_EQ(rig.receive_bodies(), Bodies());
    EXPECT_EQ(rig.depth(), (Depth{.leased = 3}));
}

TEST(Queue, MessagesAndSettlementsSurviveACrash) {
    for (const Crash crash : kCrashes) {
        QueueRig rig;
        rig.start();
        rig.send({"a", "b", "c"});
        const auto received = rig.receive(2);
        ASSERT_TRUE(rig.settle(received[0].lease));
        ASSERT_TRUE(rig.settle(received[1].lease, Outcome::release));
        rig.restart_after(crash);
        EXPECT_EQ(rig.depth(), (Depth{.ready = 2}));
        const auto again = rig.receive();
        EXPECT_EQ(rig.bodies(again), (Bodies{"b", "c"}));
        EXPECT_EQ(again[0].counts.leased, 2);
        EXPECT_EQ(again[1].counts.leased, 1);
    }
}

TEST(Queue, ALeaseIsOverAtItsDeadlineAndTheMessageComesFirstAgain) {
    QueueRig rig;
    rig.settings().lease_time = seconds(10);
    rig.start();
    rig.send({"a", "b", "c"});
    rig.receive(2);
    rig.run_for(milliseconds(9900));
    EXPECT_EQ(rig.depth().leased, 2u);
    rig.run_for(milliseconds(200));
    EXPECT_EQ(rig.depth(), (Depth{.ready = 3}));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"a", "b", "c"}));
}

TEST(Queue, AJournaledLeaseGoesOnAfterACrashForWhatIsLeftOfIt) {
    for (const Crash crash : kCrashes) {
        QueueRig rig;
        rig.start();
        rig.send({"a"});
        rig.receive(1, 0, seconds(60));
        rig.run_for(seconds(20));
        rig.restart_after(crash);
        EXPECT_EQ(rig.depth(), (Depth{.leased = 1}));
        rig.run_for(seconds(39));
        EXPECT_EQ(rig.receive_bodies(), Bodies());
        rig.run_for(seconds(2));
        EXPECT_EQ(rig.receive_bodies(), (Bodies{"a"}));
    }
}

TEST(Queue, ASettledMessageStaysSettledWhateverTheWallClockDoes) {
    QueueRig rig;
    rig.start();
    rig.send({"a"});
    ASSERT_TRUE(rig.settle(rig.receive()[0].lease));
    rig.node().clock().jump_wall(-std::chrono::hours(1));
    rig.restart_after(Crash::power_cut);
    EXPECT_EQ(rig.receive_bodies(), Bodies());
}

TEST(Queue, AWaitingReceiveIsServedByASend) {
    QueueRig rig;
    rig.start();
    const auto waiting = rig.receive_later(seconds(20));
    rig.run_for(seconds(5));
    EXPECT_FALSE(waiting->has_value());
    rig.send({"a"});
    rig.run_for(milliseconds(50));
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ(rig.bodies(***waiting), (Bodies{"a"}));
}

TEST(Queue, AWaitingReceiveIsServedByAReleaseAndByTheEndOfALease) {
    QueueRig rig;
    rig.start();
    rig.send({"a"});
    const auto first = rig.receive(1, 0, seconds(30));
    const auto waiting = rig.receive_later(seconds(20));
    ASSERT_TRUE(rig.settle(first[0].lease, Outcome::release));
    rig.run_for(milliseconds(50));
    ASSERT_TRUE(waiting->has_value());
    const auto next = rig.receive_later(seconds(60));
    rig.run_for(seconds(31));
    ASSERT_TRUE(next->has_value());
    EXPECT_EQ((**next)->at(0).counts.leased, 3);
}

TEST(Queue, AReceiveThatWaitedInVainIsEmpty) {
    QueueRig rig;
    rig.start();
    const auto waiting = rig.receive_later(seconds(2));
    rig.run_for(milliseconds(1900));
    EXPECT_FALSE(waiting->has_value());
    rig.run_for(milliseconds(200));
    ASSERT_TRUE(waiting->has_value());
    EXPECT_TRUE((**waiting)->empty());
}

TEST(Queue, ReceiversThatWaitAreServedInTheirOrder) {
    QueueRig rig;
    rig.start();
    std::vector<Pending<Result<std::vector<Delivery>>>> waiting;
    for (int i = 0; i < 5; ++i) waiting.push_back(rig.receive_later(seconds(20), 1));
    rig.send({"0", "1", "2"});
    rig.run_for(milliseconds(50));
    for (size_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(waiting[i]->has_value());
        EXPECT_EQ(rig.bodies(***waiting[i]), (Bodies{std::to_string(i)}));
    }
    EXPECT_FALSE(waiting[3]->has_value());
    EXPECT_FALSE(waiting[4]->has_value());
}

TEST(Queue, AReceiverThatHangsUpLeavesItsPlaceToTheNext) {
    QueueRig rig;
    rig.start();
    const auto queue = rig.queue();
    auto gone = std::make_unique<io::TaskScope>();
    rig.on_shard([&] {
        auto ignored = std::make_shared<std::optional<Result<std::vector<Delivery>>>>();
        gone->spawn(sim::detail::store_result(
            queue->receive({.messages_max = 1, .deadline = rig.in(seconds(20))}), ignored));
        return 0;
    });
    const auto waiting = rig.receive_later(seconds(20), 1);
    rig.on_shard([&] {
        gone.reset();
        return 0;
    });
    rig.send({"a"});
    rig.run_for(milliseconds(50));
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ((**waiting)->size(), 1u);
}

TEST(Queue, AReceiveThatIsDroppedWhileItsLeaseIsStoredLeavesNothingLeased) {
    QueueRig rig;
    rig.settings().ordered = true;
    rig.start();
    rig.send({"a"}, "g");
    const auto queue = rig.queue();
    rig.on_shard([&] {
        io::TaskScope gone;
        auto received = std::make_shared<std::optional<Result<std::vector<Delivery>>>>();
        gone.spawn(sim::detail::store_result(queue->receive({.messages_max = 1}), received));
        EXPECT_EQ(queue->depth().leased, 1u);
        EXPECT_FALSE(received->has_value());
        return 0;
    });
    EXPECT_EQ(rig.depth(), (Depth{.ready = 1}));
    EXPECT_EQ(rig.receive()[0].counts.leased, 1);
}

TEST(Queue, ADelayedMessageComesWhenItsTimeHasCome) {
    for (const Crash crash : kCrashes) {
        QueueRig rig;
        rig.start();
        Send later = rig.message("later");
        later.delay = seconds(10);
        ASSERT_TRUE(rig.send_one(std::move(later)));
        rig.send({"now"});
        EXPECT_EQ(rig.depth(), (Depth{.ready = 1, .delayed = 1}));
        EXPECT_EQ(rig.receive_bodies(), (Bodies{"now"}));
        rig.run_for(seconds(4));
        rig.restart_after(crash);
        EXPECT_EQ(rig.depth().delayed, 1u);
        const auto waiting = rig.receive_later(seconds(20));
        rig.run_for(milliseconds(5500));
        EXPECT_FALSE(waiting->has_value());
        rig.run_for(milliseconds(1000));
        ASSERT_TRUE(waiting->has_value());
        EXPECT_EQ(rig.bodies(***waiting), (Bodies{"later"}));
    }
}

TEST(Queue, TheQueuesOwnDelayAppliesWhereTheSenderSaysNothing) {
    QueueRig rig;
    rig.settings().delay = seconds(5);
    rig.start();
    rig.send({"a"});
    Send now = rig.message("now");
    now.delay = base::Duration::zero();
    ASSERT_TRUE(rig.send_one(std::move(now)));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"now"}));
    rig.run_for(milliseconds(5100));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"a"}));
}

TEST(Queue, SettlingTwiceIsNoError) {
    QueueRig rig;
    rig.start();
    rig.send({"a"});
    const auto received = rig.receive();
    EXPECT_TRUE(rig.settle(received[0].lease));
    EXPECT_TRUE(rig.settle(received[0].lease));
    EXPECT_EQ(rig.settle(received[0].lease, Outcome::release).error(), ErrorCode::message_gone);
    EXPECT_EQ(rig.settle({.offset = {5}, .attempt = {1}}).error(), ErrorCode::unknown_lease);
}

TEST(Queue, ALapsedLeaseStillSettlesAQueueWithoutOrderAndNothingElse) {
    QueueRig rig;
    rig.settings().lease_time = seconds(1);
    rig.start();
    rig.send({"a"});
    const auto received = rig.receive();
    rig.run_for(seconds(2));
    EXPECT_EQ(rig.settle(received[0].lease, Outcome::extend, seconds(5)).error(),
              ErrorCode::lease_lost);
    EXPECT_EQ(rig.settle(received[0].lease, Outcome::release).error(), ErrorCode::lease_lost);
    EXPECT_TRUE(rig.settle(received[0].lease));
    EXPECT_EQ(rig.depth(), Depth{});
}

TEST(Queue, ALapsedLeaseSettlesNothingOfAnOrderedQueue) {
    QueueRig rig;
    rig.settings().ordered = true;
    rig.settings().lease_time = seconds(1);
    rig.start();
    rig.send({"a"}, "g");
    const auto received = rig.receive();
    rig.run_for(seconds(2));
    EXPECT_EQ(rig.settle(received[0].lease).error(), ErrorCode::lease_lost);
    EXPECT_EQ(rig.depth(), (Depth{.ready = 1}));
}

TEST(Queue, ALeaseCanBeExtendedAndAReleaseDelayed) {
    QueueRig rig;
    rig.settings().lease_time = seconds(10);
    rig.start();
    rig.send({"a", "b"});
    const auto received = rig.receive();
    rig.run_for(seconds(9));
    ASSERT_TRUE(rig.settle(received[0].lease, Outcome::extend, seconds(20)));
    ASSERT_TRUE(rig.settle(received[1].lease, Outcome::release_later, seconds(5)));
    EXPECT_EQ(rig.depth(), (Depth{.leased = 1, .delayed = 1}));
    rig.run_for(milliseconds(5500));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"b"}));
    rig.run_for(seconds(15));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"a", "b"}));
}

TEST(Queue, RefusesMessagesBeyondItsBounds) {
    QueueRig rig;
    rig.settings().messages_max = 3;
    rig.settings().message_max_bytes = 10;
    rig.start();
    EXPECT_EQ(rig.send_one(rig.message("12345678901")).error(), ErrorCode::message_too_large);
    std::vector<Send> sends;
    for (int i = 0; i < 5; ++i) sends.push_back(rig.message("x"));
    const auto sent = rig.wait(rig.queue()->send(std::move(sends)));
    EXPECT_TRUE(sent[2]);
    EXPECT_EQ(sent[3].error(), ErrorCode::queue_full);
    EXPECT_EQ(sent[4].error(), ErrorCode::queue_full);
    ASSERT_TRUE(rig.settle(rig.receive(1)[0].lease));
    EXPECT_TRUE(rig.send_one(rig.message("y")));
    EXPECT_EQ(rig.send_one(rig.message("z")).error(), ErrorCode::queue_full);
}

TEST(Queue, AReceiveIsBoundedInBytes) {
    QueueRig rig;
    rig.start();
    rig.send({"12345", "12345", "12345"});
    const auto some = rig.wait(rig.queue()->receive({.messages_max = 10, .bytes_max = 10}));
    EXPECT_EQ(some->size(), 2u);
    const auto one = rig.wait(rig.queue()->receive({.messages_max = 10, .bytes_max = 1}));
    EXPECT_EQ(one->size(), 1u);
}

TEST(Queue, ADuplicateIsAnsweredWithItsOriginal) {
    for (const Crash crash : kCrashes) {
        QueueRig rig;
        rig.start();
        const auto original = rig.send_one(rig.message("a", "g", "id"));
        ASSERT_TRUE(original);
        EXPECT_FALSE(original->duplicate);
        const auto duplicate = rig.send_one(rig.message("b", "g", "id"));
        ASSERT_TRUE(duplicate);
        EXPECT_TRUE(duplicate->duplicate);
        EXPECT_EQ(duplicate->id, original->id);
        EXPECT_EQ(duplicate->offset, original->offset);
        const auto received = rig.receive();
        ASSERT_EQ(received.size(), 1u);
        EXPECT_EQ(received[0].message.id, original->id);
        ASSERT_TRUE(rig.settle(received[0].lease));
        rig.restart_after(crash);
        EXPECT_TRUE(rig.send_one(rig.message("b", "g", "id"))->duplicate);
        rig.run_for(minutes(5) + seconds(2));
        EXPECT_FALSE(rig.send_one(rig.message("b", "g", "id"))->duplicate);
    }
}

TEST(Queue, DuplicatesOfOneTurnAreFoundToo) {
    QueueRig rig;
    rig.start();
    std::vector<Send> sends;
    for (int i = 0; i < 3; ++i) sends.push_back(rig.message("a", "g", "id"));
    const auto sent = rig.wait(rig.queue()->send(std::move(sends)));
    EXPECT_FALSE(sent[0]->duplicate);
    EXPECT_TRUE(sent[1]->duplicate);
    EXPECT_TRUE(sent[2]->duplicate);
    EXPECT_EQ(rig.depth().ready, 1u);
}

TEST(Queue, TheScopeOfDeduplicationMayBeTheGroup) {
    QueueRig rig;
    rig.settings().deduplication_scope = model::DeduplicationScope::group;
    rig.start();
    EXPECT_FALSE(rig.send_one(rig.message("a", "g", "id"))->duplicate);
    EXPECT_FALSE(rig.send_one(rig.message("a", "h", "id"))->duplicate);
    EXPECT_TRUE(rig.send_one(rig.message("a", "g", "id"))->duplicate);
}

TEST(Queue, PurgeSettlesEverythingAndForgetsDuplicates) {
    for (const Crash crash : kCrashes) {
        QueueRig rig;
        rig.start();
        ASSERT_TRUE(rig.send_one(rig.message("a", {}, "id")));
        rig.send({"b", "c"});
        Send later = rig.message("later");
        later.delay = seconds(10);
        ASSERT_TRUE(rig.send_one(std::move(later)));
        const auto received = rig.receive(1);
        ASSERT_TRUE(rig.wait(rig.queue()->purge()));
        EXPECT_EQ(rig.depth(), Depth{});
        EXPECT_TRUE(rig.settle(received[0].lease));
        EXPECT_FALSE(rig.send_one(rig.message("a", {}, "id"))->duplicate);
        rig.restart_after(crash);
        EXPECT_EQ(rig.depth(), (Depth{.ready = 1}));
    }
}

TEST(Queue, SeekMakesMessagesReadyAgain) {
    QueueRig rig;
    rig.start();
    rig.send({"a"});
    rig.run_for(seconds(5));
    const int64_t then_ms = base::to_unix_ms(rig.node().shard(0).env().clock.wall());
    rig.run_for(seconds(5));
    rig.send({"b", "c"});
    rig.settle_all(rig.receive());
    ASSERT_TRUE(rig.wait(rig.queue()->seek(then_ms)));
    EXPECT_EQ(rig.depth(), (Depth{.ready = 2}));
    rig.restart_after(Crash::power_cut);
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"b", "c"}));
}

TEST(Queue, PeekLeasesNothing) {
    QueueRig rig;
    rig.start();
    rig.send({"a", "b", "c"});
    const auto received = rig.receive(2);
    ASSERT_TRUE(rig.settle(received[0].lease));
    const auto peeked = rig.wait(rig.queue()->peek(Offset{0}, 10));
    ASSERT_TRUE(peeked);
    ASSERT_EQ(peeked->size(), 2u);
    EXPECT_EQ((*peeked)[0].message.body.text(), "b");
    EXPECT_EQ((*peeked)[0].state.place, MessageState::Place::leased);
    EXPECT_EQ((*peeked)[1].state.place, MessageState::Place::ready);
    EXPECT_EQ(rig.depth(), (Depth{.ready = 1, .leased = 1}));
    const auto oldest = rig.wait(rig.queue()->oldest_sent_at_ms());
    EXPECT_EQ(**oldest, (*peeked)[0].message.sent_at_ms);
}

TEST(Queue, MessagesExpireWithTheRetentionOfTheQueue) {
    QueueRig rig;
    rig.settings().retention = seconds(120);
    rig.settings().delete_settled = true;
    rig.start();
    rig.send({"old"});
    rig.run_for(seconds(90));
    rig.send({"young"});
    rig.run_for(seconds(100));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"young"}));
}

TEST(Queue, AMessageMayHaveATimeToLiveOfItsOwn) {
    QueueRig rig;
    rig.start();
    Send mortal = rig.message("mortal");
    mortal.message.expires_at_ms = base::to_unix_ms(rig.node().shard(0).env().clock.wall()) + 5000;
    ASSERT_TRUE(rig.send_one(std::move(mortal)));
    rig.send({"other"});
    rig.run_for(seconds(6));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"other"}));
    EXPECT_EQ(rig.depth(), (Depth{.leased = 1}));
}

TEST(Queue, SettledMessagesAreDeletedFromTheLogWhereTheQueueSaysSo) {
    for (const bool deletes : {true, false}) {
        QueueRig rig;
        rig.settings().delete_settled = deletes;
        rig.start();
        rig.send({"a", "b"});
        rig.settle_all(rig.receive());
        rig.run_for(minutes(2));
        EXPECT_EQ(rig.program().messages().log_start(), Offset{deletes ? 2 : 0});
    }
}

TEST(Queue, RecordsThatTheLogDeletedAreNoMessagesAnyMore) {
    QueueRig rig;
    rig.start();
    rig.send({"a", "b", "c"});
    rig.receive(1);
    ASSERT_TRUE(rig.wait(rig.program().messages().log().advance_start({2})));
    EXPECT_EQ(rig.depth(), (Depth{.ready = 1}));
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"c"}));
}

TEST(Queue, CallsAreToldThatTheQueueIsGone) {
    QueueRig rig;
    rig.start();
    rig.send({"a"});
    const auto received = rig.receive();
    const auto waiting = rig.receive_later(seconds(20));
    const auto queue = rig.queue();
    rig.on_shard([&] {
        rig.program().close();
        return 0;
    });
    rig.run_for(milliseconds(10));
    ASSERT_TRUE(waiting->has_value());
    EXPECT_EQ((*waiting)->error(), ErrorCode::unknown_topic);
    std::vector<Send> sends;
    sends.push_back(rig.message("b"));
    EXPECT_EQ(rig.wait(queue->send(std::move(sends)))[0].error(), ErrorCode::unknown_topic);
    EXPECT_EQ(rig.wait(queue->receive({})).error(), ErrorCode::unknown_topic);
    std::vector<Settle> settles{{.lease = received[0].lease}};
    EXPECT_EQ(rig.wait(queue->settle(std::move(settles)))[0].error(), ErrorCode::unknown_topic);
    EXPECT_EQ(rig.wait(queue->purge()).error(), ErrorCode::unknown_topic);
}

}  // namespace
}  // namespace polylog::queue

#include "queue/dead_letters.h"

#include "test/queue/queue_rig.h"

namespace polylog::queue {
namespace {

using base::ErrorCode;
using sim::Crash;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::QueueRig;
using Outcome = Settle::Outcome;
using Bodies = std::vector<std::string>;

constexpr size_t kDead = 1;

class DeadLettersOfAQueue : public ::testing::Test {
protected:
    DeadLettersOfAQueue() {
        rig.add_dead_letter_queue(2);
        rig.settings().lease_time = seconds(5);
    }

    // Leases everything and lets it lapse.
    void fail_once() {
        rig.receive(100);
        rig.run_for(seconds(6));
    }

    QueueRig rig;
};

TEST_F(DeadLettersOfAQueue, AMessageLeasedTooOftenGoesToTheOtherQueueAtTheNextReceive) {
    rig.start();
    Send send = rig.message("a", "g", "d");
    send.message.attributes.push_back({.name = "x", .value = base::Slice::copy_of("y")});
    const auto sent = rig.send_one(std::move(send));
    ASSERT_TRUE(sent);
    fail_once();
    fail_once();
    EXPECT_EQ(rig.depth(), (Depth{.ready = 1}));
    EXPECT_EQ(rig.receive_bodies(), Bodies());
    rig.run_for(seconds(1));
    EXPECT_EQ(rig.depth(), Depth{});
    const auto dead = rig.receive(10, kDead);
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_EQ(dead[0].message.body.text(), "a");
    EXPECT_EQ(dead[0].message.id, sent->id);
    EXPECT_EQ(dead[0].message.group, "g");
    EXPECT_EQ(dead[0].message.deduplication_id, "d");
    EXPECT_EQ(dead[0].message.attributes.size(), 1u);
    EXPECT_EQ(dead[0].message.dead_letter_source, "orders");
}

TEST_F(DeadLettersOfAQueue, ARejectedMessageGoesAtOnceAndSettlesNothing) {
    rig.start();
    rig.send({"a"});
    const auto received = rig.receive();
    ASSERT_TRUE(rig.settle(received[0].lease, Outcome::reject));
    EXPECT_EQ(rig.settle(received[0].lease, Outcome::release).error(), ErrorCode::message_gone);
    rig.run_for(seconds(1));
    EXPECT_EQ(rig.receive_bodies(10, kDead), (Bodies{"a"}));
}

TEST_F(DeadLettersOfAQueue, AQueueWithoutOneForgetsRejectedMessages) {
    QueueRig alone;
    alone.start();
    alone.send({"a"});
    ASSERT_TRUE(alone.settle(alone.receive()[0].lease, Outcome::reject));
    EXPECT_EQ(alone.depth(), Depth{});
}

TEST_F(DeadLettersOfAQueue, WaitWhileTheOtherQueueTakesNone) {
    rig.start();
    rig.program().refuse_dead_letters(true);
    rig.send({"a", "b"});
    for (const Delivery& delivery : rig.receive())
        ASSERT_TRUE(rig.settle(delivery.lease, Outcome::reject));
    rig.run_for(minutes(10));
    EXPECT_EQ(rig.depth(), (Depth{.dead = 2}));
    EXPECT_LT(rig.program().hand_offs_tried(), 40u);
    rig.program().refuse_dead_letters(false);
    rig.run_for(seconds(31));
    EXPECT_EQ(rig.depth(), Depth{});
    EXPECT_EQ(rig.receive_bodies(10, kDead), (Bodies{"a", "b"}));
}

TEST_F(DeadLettersOfAQueue, GoOnAfterACrashAndArriveOnce) {
    for (int cut_us = 0; cut_us < 3000; cut_us += 100) {
        QueueRig again;
        again.add_dead_letter_queue(2);
        again.start();
        again.send({"a", "b", "c"});
        std::vector<Settle> settles;
        for (const Delivery& delivery : again.receive())
            settles.push_back({.lease = delivery.lease, .outcome = Outcome::reject});
        const auto settled = again.spawn(again.queue()->settle(std::move(settles)));
        again.run_for(std::chrono::microseconds(cut_us));
        again.restart_after(Crash::power_cut);
        again.run_for(minutes(1));
        for (const Delivery& delivery : again.receive())
            ASSERT_TRUE(again.settle(delivery.lease, Outcome::reject));
        again.run_for(minutes(1));
        EXPECT_EQ(again.depth(), Depth{});
        Bodies dead = again.receive_bodies(10, kDead);
        std::ranges::sort(dead);
        EXPECT_EQ(dead, (Bodies{"a", "b", "c"})) << cut_us;
    }
}

TEST_F(DeadLettersOfAQueue, ComeBackWhenThereIsNoDeadLetterQueueAnyMore) {
    rig.start();
    rig.program().refuse_dead_letters(true);
    rig.send({"a"});
    ASSERT_TRUE(rig.settle(rig.receive()[0].lease, Outcome::reject));
    auto config = std::make_shared<model::TopicConfig>(rig.config());
    config->queue.dead_letter.reset();
    rig.on_shard([&] {
        rig.queue()->configure(config);
        return 0;
    });
    EXPECT_EQ(rig.receive_bodies(), (Bodies{"a"}));
}

TEST_F(DeadLettersOfAQueue, AMessageThatExpiresByItselfIsOne) {
    rig.start();
    Send mortal = rig.message("mortal");
    mortal.message.expires_at_ms = base::to_unix_ms(rig.node().shard(0).env().clock.wall()) + 1000;
    ASSERT_TRUE(rig.send_one(std::move(mortal)));
    rig.run_for(seconds(2));
    EXPECT_EQ(rig.receive_bodies(), Bodies());
    rig.run_for(seconds(1));
    EXPECT_EQ(rig.depth(kDead).ready, 1u);
}

}  // namespace
}  // namespace polylog::queue

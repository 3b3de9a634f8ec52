#include <gtest/gtest.h>

#include "meta/controller.h"
#include "meta/journal_store.h"
#include "model/publication_config.h"
#include "model/queue_config.h"
#include "test/log/partition_rig.h"

// Goal: subscriptions are decided by the controller, kept over crashes and compiled once per
// change. Method: a controller on a simulated machine.
namespace polylog::meta {
namespace {

using base::ErrorCode;
using base::Result;
using replication::testing::PartitionRig;
using routing::QueueTarget;
using routing::Subscription;
using routing::SubscriptionPtr;
using routing::UrlTarget;
using sim::Crash;

io::Task<void> ignore(ImagePtr, std::vector<model::TopicId>) {
    co_return;
}

class SubscriptionsOfController : public ::testing::Test, protected PartitionRig {
protected:
    SubscriptionsOfController() {
        limits_.subscriptions_per_topic_max = 3;
        limits_.subscriptions_max = 5;
        start();
    }
    void start() {
        controller_ = std::make_unique<Controller>(
            node().shard(0), model::NodeId{1}, limits_,
            std::make_unique<JournalStore>(node().shard(0), shared()), model::ConfigMap{},
            [](ImagePtr image, std::vector<model::TopicId> changed) {
                return ignore(std::move(image), std::move(changed));
            });
        const auto started = wait(on_shard([&] { return controller_->start(true); }));
        ASSERT_TRUE(started) << started.error().message();
    }
    void restart() {
        controller_.reset();
        reopen_partition(Crash::power_cut);
        start();
    }
    const MetadataImage& image() { return *controller_->image(); }

    model::TopicId create(std::string name, model::ConfigMap overrides) {
        std::vector<NewTopic> topics;
        topics.push_back({.name = std::move(name), .overrides = std::move(overrides)});
        const auto created = wait(
            on_shard([&] { return controller_->create_topics(std::move(topics), false); }));
        EXPECT_TRUE(created.front()) << created.front().error().message();
        return (*created.front())->id;
    }
    model::TopicId create_topic(std::string name, model::PublicationSettings settings = {}) {
        return create(std::move(name), model::publication_overrides(settings));
    }
    model::TopicId create_queue(std::string name, model::QueueSettings settings = {}) {
        return create(std::move(name), model::queue_overrides(settings));
    }
    void remove_topic(model::TopicId id) {
        std::vector<model::TopicId> topics{id};
        ASSERT_TRUE(
            wait(on_shard([&] { return controller_->delete_topics(std::move(topics)); })).front());
    }
    Result<SubscriptionPtr> subscribe(Subscription wanted) {
        return wait(on_shard([&] { return controller_->subscribe(std::move(wanted)); }));
    }
    Result<SubscriptionPtr> alter(const SubscriptionPtr& subscription, SubscriptionChange change) {
        return wait(on_shard(
            [&] { return controller_->alter_subscription(subscription->id, std::move(change)); }));
    }
    Result<void> unsubscribe(routing::SubscriptionId id) {
        return wait(on_shard([&] { return controller_->unsubscribe(id); }));
    }
    static Subscription of_queue(model::TopicId topic, std::string queue) {
        return {.topic = topic, .target = QueueTarget{std::move(queue)}, .confirmed = true};
    }
    size_t takers(model::TopicId topic, std::string_view body = "{}") {
        const auto subscriptions = image().subscriptions_of(topic);
        if (!subscriptions->index) return 0;
        return subscriptions->index->match({.attributes = {}, .body = body}).size();
    }

    base::Limits limits_;

private:
    std::unique_ptr<Controller> controller_;
};

TEST_F(SubscriptionsOfController, SurviveACrashAndAreCompiledAgain) {
    const model::TopicId topic = create_topic("t");
    const model::TopicId queue = create_queue("q");
    const auto made = subscribe(of_queue(topic, "q"));
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(std::get<QueueTarget>((*made)->target).queue, queue);
    EXPECT_EQ(takers(topic), 1u);
    restart();
    ASSERT_TRUE(image().subscriptions().find((*made)->id));
    EXPECT_EQ(*image().subscriptions().find((*made)->id), **made);
    EXPECT_EQ(takers(topic), 1u);
}

TEST_F(SubscriptionsOfController, ATargetHasOneOfEachTopic) {
    const model::TopicId topic = create_topic("t");
    const auto made = subscribe(of_queue(topic, "q"));
    const auto again = subscribe(of_queue(topic, "q"));
    ASSERT_TRUE(made && again);
    EXPECT_EQ((*made)->id, (*again)->id);
    EXPECT_EQ(image().subscriptions().size(), 1u);
    Subscription other = of_queue(topic, "q");
    other.raw = true;
    EXPECT_EQ(subscribe(other).error(), ErrorCode::subscription_exists);
    const auto elsewhere = subscribe(of_queue(create_topic("u"), "q"));
    ASSERT_TRUE(elsewhere);
    EXPECT_NE((*elsewhere)->id, (*made)->id);
}

TEST_F(SubscriptionsOfController, ASecondWishForAQueueMadeAnewBindsToThatQueue) {
    const model::TopicId topic = create_topic("t");
    const model::TopicId before = create_queue("q");
    const auto made = subscribe(of_queue(topic, "q"));
    remove_topic(before);
    const model::TopicId after = create_queue("q");
    EXPECT_EQ(std::get<QueueTarget>(image().subscriptions().find((*made)->id)->target).queue,
              before);
    const auto again = subscribe(of_queue(topic, "q"));
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->id, (*made)->id);
    EXPECT_EQ(std::get<QueueTarget>((*again)->target).queue, after);
}

TEST_F(SubscriptionsOfController, GoWithTheirTopic) {
    const model::TopicId topic = create_topic("t");
    const model::TopicId other = create_topic("u");
    ASSERT_TRUE(subscribe(of_queue(topic, "q")));
    ASSERT_TRUE(subscribe(of_queue(other, "q")));
    remove_topic(topic);
    EXPECT_EQ(image().subscriptions().size(), 1u);
    EXPECT_TRUE(image().subscriptions_of(topic)->all.empty());
    restart();
    EXPECT_EQ(image().subscriptions().size(), 1u);
    EXPECT_EQ(takers(other), 1u);
}

TEST_F(SubscriptionsOfController, StayWhenTheirTopicIsAltered) {
    const model::TopicId topic = create_topic("t");
    ASSERT_TRUE(subscribe(of_queue(topic, "q")));
    MetadataImage copy = image();
    auto altered = std::make_shared<Topic>(*copy.find(topic));
    altered->partition_count = 5;
    copy.put(std::move(altered));
    EXPECT_EQ(copy.subscriptions_of(topic)->all.size(), 1u);
}

TEST_F(SubscriptionsOfController, NumbersAreNeverGivenOutAgain) {
    const model::TopicId topic = create_topic("t");
    const auto first = subscribe(of_queue(topic, "q"));
    ASSERT_TRUE(unsubscribe((*first)->id));
    EXPECT_EQ(unsubscribe((*first)->id).error(), ErrorCode::unknown_subscription);
    restart();
    const auto second = subscribe(of_queue(topic, "q"));
    ASSERT_TRUE(second);
    EXPECT_GT((*second)->number, (*first)->number);
    EXPECT_NE((*second)->id, (*first)->id);
}

TEST_F(SubscriptionsOfController, TakeMessagesOnceConfirmedAndByTheirFilter) {
    const model::TopicId topic = create_topic("t");
    const auto made = subscribe({.topic = topic, .target = UrlTarget{"http://h"}});
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ(takers(topic), 0u);
    SubscriptionChange confirmed;
    confirmed.confirmed = SubscriptionChange::Confirmed{.by_owner = true};
    ASSERT_TRUE(alter(*made, confirmed));
    EXPECT_EQ(takers(topic), 1u);
    SubscriptionChange filtered;
    filtered.filter = routing::Filter{routing::FilterScope::body, R"({"a":[1]})"};
    ASSERT_TRUE(alter(*made, filtered));
    EXPECT_EQ(takers(topic, R"({"a":2})"), 0u);
    EXPECT_EQ(takers(topic, R"({"a":1})"), 1u);
    SubscriptionChange wrong;
    wrong.filter = routing::Filter{routing::FilterScope::body, "{"};
    EXPECT_EQ(alter(*made, wrong).error(), ErrorCode::invalid_request);
    EXPECT_EQ(takers(topic, R"({"a":1})"), 1u);
}

TEST_F(SubscriptionsOfController, AreRefusedWhereNothingWouldCome) {
    EXPECT_EQ(subscribe(of_queue({}, "q")).error(), ErrorCode::unknown_topic_id);
    EXPECT_EQ(subscribe(of_queue(create("plain", {}), "q")).error(), ErrorCode::invalid_request);
    create_queue("in-order", {.ordered = true});
    const model::TopicId topic = create_topic("t");
    EXPECT_EQ(subscribe(of_queue(topic, "in-order")).error(), ErrorCode::invalid_request);
    const model::TopicId ordered = create_topic("o", {.ordered = true});
    EXPECT_TRUE(subscribe(of_queue(ordered, "in-order")));
}

TEST_F(SubscriptionsOfController, AreNoMoreThanTheLimitsOfATopicAndInAll) {
    const model::TopicId topic = create_topic("t");
    const model::TopicId other = create_topic("u");
    for (const char* queue : {"a", "b", "c"}) ASSERT_TRUE(subscribe(of_queue(topic, queue)));
    const auto fourth = subscribe(of_queue(topic, "d"));
    EXPECT_EQ(fourth.error(), ErrorCode::policy_violation);
    EXPECT_TRUE(fourth.error().detail().contains("limits.subscriptions_per_topic_max"));
    EXPECT_TRUE(subscribe(of_queue(topic, "a")));
    for (const char* queue : {"a", "b"}) ASSERT_TRUE(subscribe(of_queue(other, queue)));
    const auto sixth = subscribe(of_queue(other, "c"));
    EXPECT_EQ(sixth.error(), ErrorCode::policy_violation);
    EXPECT_TRUE(sixth.error().detail().contains("limits.subscriptions_max"));
}

}  // namespace
}  // namespace polylog::meta

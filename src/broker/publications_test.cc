#include "broker/publications.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "test/broker/publication_rig.h"

namespace polylog::broker {
namespace {

using base::ErrorCode;
using base::Result;
using model::Message;
using routing::Filter;
using routing::FilterScope;
using routing::QueueTarget;
using routing::Subscription;
using std::chrono::seconds;
using testing::PublicationRig;
using Bodies = std::vector<std::string>;

class PublicationsTest : public ::testing::Test, protected PublicationRig {
protected:
    PublicationsTest() { start(); }

    static Message message(std::string_view body, std::string group = {}, std::string id = {}) {
        Message message;
        message.body = base::Slice::copy_of(body);
        if (!group.empty()) message.group = std::move(group);
        if (!id.empty()) message.deduplication_id = std::move(id);
        return message;
    }
    Result<Published> publish_one(const Publications::TopicPtr& topic, Message message) {
        std::vector<Message> messages;
        messages.push_back(std::move(message));
        return publish(topic, std::move(messages)).front();
    }
    FanOut::Statistics statistics() {
        FanOut::Statistics sum;
        for (const auto& one : on(0, broker().statistics())) sum += one.fan_out;
        return sum;
    }

    static io::Task<Result<Publications::TopicPtr>> found(Broker& broker, std::string name) {
        co_return broker.publications().find(name);
    }
};

TEST_F(PublicationsTest, ReachTheQueuesOfAllSubscriptionsWithTheirOrigin) {
    const auto topic = create("t");
    queues["q"];
    queues["raw"];
    const auto enveloped = subscribe(topic, "q");
    subscribe(topic, "raw", [](Subscription& wanted) { wanted.raw = true; });
    Message sent = message("hello");
    sent.subject = "greeting";
    sent.attributes.push_back({.name = "a", .label = {}, .value = base::Slice::copy_of("b")});
    const auto published = publish_one(topic, sent);
    ASSERT_TRUE(published) << published.error().message();
    run_for(seconds(1));

    ASSERT_EQ(queues["q"].messages.size(), 1u);
    const Message& copy = queues["q"].messages.front();
    EXPECT_EQ(copy.body.text(), "hello");
    EXPECT_EQ(copy.attributes, sent.attributes);
    EXPECT_EQ(copy.subject, "greeting");
    EXPECT_TRUE(copy.recipients.empty());
    ASSERT_TRUE(copy.publication);
    EXPECT_EQ(copy.publication->topic, "t");
    EXPECT_EQ(copy.publication->message_id, published->id);
    EXPECT_EQ(copy.publication->offset, published->offset);
    EXPECT_EQ(copy.publication->subscription, enveloped->id.value);
    EXPECT_GT(copy.publication->published_at_ms, 0);

    ASSERT_EQ(queues["raw"].messages.size(), 1u);
    EXPECT_EQ(queues["raw"].messages.front().publication, std::nullopt);
    EXPECT_EQ(queues["raw"].messages.front().subject, std::nullopt);
    EXPECT_EQ(queues["raw"].messages.front().attributes, sent.attributes);
    EXPECT_EQ(statistics().delivered, 2u);
}

TEST_F(PublicationsTest, EachSubscriptionGetsTheBodyThatItNames) {
    const auto topic = create("t");
    for (const char* queue : {"short", "plain"}) {
        queues[queue];
        subscribe(topic, queue, [&](Subscription& wanted) { wanted.variant = queue; });
    }
    Message sent = message("the body for all others");
    sent.variants = {{.name = "short", .body = base::Slice::copy_of("s")},
                     {.name = "long", .body = base::Slice::copy_of("l")}};
    ASSERT_TRUE(publish_one(topic, std::move(sent)));
    run_for(seconds(1));
    EXPECT_EQ(queues.bodies("short"), Bodies{"s"});
    EXPECT_EQ(queues.bodies("plain"), Bodies{"the body for all others"});
    EXPECT_TRUE(queues["short"].messages.front().variants.empty());
}

TEST_F(PublicationsTest, KeepTheirOrderInEveryQueue) {
    const auto topic = create("t");
    for (const char* queue : {"a", "b", "c"}) {
        queues[queue];
        subscribe(topic, queue);
    }
    Bodies sent;
    for (int i = 0; i < 40; ++i) {
        std::vector<Message> messages;
        for (int j = 0; j < 25; ++j) {
            sent.push_back(std::to_string(i) + "." + std::to_string(j));
            messages.push_back(message(sent.back()));
        }
        for (const auto& published : publish(topic, std::move(messages)))
            ASSERT_TRUE(published) << published.error().message();
    }
    run_for(seconds(5));
    for (const char* queue : {"a", "b", "c"}) EXPECT_EQ(queues.bodies(queue), sent);
}

TEST_F(PublicationsTest, GoWhereFiltersSayWhenTheyArePublished) {
    const auto topic = create("t");
    const auto subscription = subscribe(topic, "q", [](Subscription& wanted) {
        wanted.filter = Filter{FilterScope::body, R"({"a":[1]})"};
    });
    queues["q"].trouble = ErrorCode::throttled;
    ASSERT_TRUE(publish(topic, R"({"a":1})"));
    ASSERT_TRUE(publish(topic, R"({"a":2})"));
    meta::SubscriptionChange change;
    change.filter = Filter{FilterScope::body, R"({"a":[2]})"};
    change.raw = true;
    ASSERT_TRUE(on(0, broker().subscriptions().alter(subscription->id, change)));
    ASSERT_TRUE(publish(topic, R"({"a":2, "b":3})"));
    queues["q"].trouble.reset();
    run_for(seconds(60));
    EXPECT_EQ(queues.bodies("q"), (Bodies{R"({"a":1})", R"({"a":2, "b":3})"}));
    EXPECT_TRUE(queues["q"].messages.front().publication);
    EXPECT_FALSE(queues["q"].messages.back().publication);
}

TEST_F(PublicationsTest, AttributesOfEveryKindAreFiltered) {
    const auto topic = create("t");
    queues["q"];
    subscribe(topic, "q", [](Subscription& wanted) {
        wanted.filter = Filter{FilterScope::attributes, R"({"n":[{"numeric":[">",5]}],"l":["x"]})"};
    });
    for (const char* number : {"4", "6"}) {
        Message sent = message(number);
        sent.attributes = {{.name = "n",
                            .kind = model::AttributeKind::number,
                            .label = {},
                            .value = base::Slice::copy_of(number)},
                           {.name = "l",
                            .label = "Array",
                            .value = base::Slice::copy_of(R"(["y","x"])")}};
        ASSERT_TRUE(publish_one(topic, std::move(sent)));
    }
    run_for(seconds(1));
    EXPECT_EQ(queues.bodies("q"), Bodies{"6"});
}

TEST_F(PublicationsTest, WhatAQueueRefusesGoesToTheDeadLetterQueueOrIsCounted) {
    const auto topic = create("t");
    queues["dead"];
    queues["full"].trouble = ErrorCode::queue_full;
    const auto with_dead_letter = [](Subscription& wanted) {
        wanted.dead_letter = QueueTarget{"dead"};
    };
    subscribe(topic, "missing", with_dead_letter);
    subscribe(topic, "full", with_dead_letter);
    subscribe(topic, "gone");
    subscribe(topic, "nowhere",
              [](Subscription& wanted) { wanted.dead_letter = QueueTarget{"missing too"}; });
    ASSERT_TRUE(publish(topic, "a"));
    run_for(seconds(1));
    // Once for each subscription: they are different deliveries of one message.
    EXPECT_EQ(queues.bodies("dead"), (Bodies{"a", "a"}));
    EXPECT_EQ(queues["full"].tries, 1u);
    EXPECT_EQ(statistics().dead_lettered, 2u);
    EXPECT_EQ(statistics().dropped, 2u);
}

TEST_F(PublicationsTest, AQueueInTroubleIsTriedAgainAndKeepsNobodyElseWaiting) {
    const auto topic = create("t");
    const auto other = create("u");
    queues["a"].trouble = ErrorCode::disk_full;
    queues["b"];
    subscribe(topic, "a");
    subscribe(topic, "b");
    subscribe(other, "b");
    ASSERT_TRUE(publish(topic, "1"));
    ASSERT_TRUE(publish(other, "2"));
    run_for(seconds(5));
    EXPECT_EQ(queues["b"].messages.size(), 2u);
    EXPECT_TRUE(queues.bodies("a").empty());
    EXPECT_GT(queues["a"].tries, 3u);
    EXPECT_LT(queues["a"].tries, 20u);
    queues["a"].trouble.reset();
    run_for(seconds(30));
    EXPECT_EQ(queues.bodies("a"), Bodies{"1"});
    EXPECT_EQ(queues["b"].messages.size(), 2u);
}

TEST_F(PublicationsTest, GoOnAfterACrashWhereTheyWereAndStoreNothingTwice) {
    const auto topic = create("t");
    queues["a"];
    queues["b"];
    subscribe(topic, "a");
    subscribe(topic, "b");
    Bodies sent;
    for (const sim::Crash kind : {sim::Crash::kill, sim::Crash::power_cut}) {
        for (int i = 0; i < 10; ++i) {
            sent.push_back(std::to_string(sent.size()));
            ASSERT_TRUE(publish(topic, sent.back()));
        }
        run_for(seconds(1));
        queues["b"].trouble = ErrorCode::throttled;
        for (int i = 0; i < 10; ++i) {
            sent.push_back(std::to_string(sent.size()));
            ASSERT_TRUE(publish(topic, sent.back()));
        }
        run_for(seconds(1));
        crash(kind);
        queues["b"].trouble.reset();
        start();
        run_for(seconds(1));
        EXPECT_EQ(queues.bodies("a"), sent);
        EXPECT_EQ(queues.bodies("b"), sent);
    }
    // Nothing of the past is tried again, and queues need not remember it.
    const size_t tries = queues["a"].tries;
    crash();
    start();
    run_for(seconds(1));
    EXPECT_EQ(queues["a"].tries, tries);
    EXPECT_TRUE(queues["a"].known.empty());
    EXPECT_TRUE(queues["b"].known.empty());
}

// Goal: whenever the machine stops, what was answered gets to every queue and nothing gets there
// twice. Method: it stops a little later each time, while messages are on their way.
TEST_F(PublicationsTest, ACrashAtAnyMomentLosesNothingAndStoresNothingTwice) {
    const auto topic = create("t");
    for (const char* queue : {"a", "b"}) {
        queues[queue];
        subscribe(topic, queue);
    }
    std::set<std::string> answered;
    for (int step = 0; step < 60; ++step) {
        const std::string first = std::to_string(step) + ".0";
        const std::string second = std::to_string(step) + ".1";
        std::vector<Message> messages;
        messages.push_back(message(first));
        messages.push_back(message(second));
        const auto answer = publish_later(topic, std::move(messages));
        run_for(std::chrono::microseconds(20 * step));
        if (*answer) answered.insert({first, second});
        crash(step % 2 == 0 ? sim::Crash::power_cut : sim::Crash::kill);
        start();
    }
    run_for(seconds(1));
    EXPECT_GT(answered.size(), 20u);
    EXPECT_LT(answered.size(), 120u);
    for (const char* queue : {"a", "b"}) {
        const Bodies stored = queues.bodies(queue);
        const std::set<std::string> distinct(stored.begin(), stored.end());
        EXPECT_EQ(distinct.size(), stored.size());
        EXPECT_TRUE(std::ranges::includes(distinct, answered));
    }
    EXPECT_EQ(queues.bodies("a"), queues.bodies("b"));
}

TEST_F(PublicationsTest, AMessageWaitsForNobodyWhoseSubscriptionHasEnded) {
    const auto topic = create("t");
    queues["a"].trouble = ErrorCode::throttled;
    const auto subscription = subscribe(topic, "a");
    ASSERT_TRUE(publish(topic, "1"));
    run_for(seconds(1));
    ASSERT_TRUE(on(0, broker().subscriptions().remove(subscription->id)));
    queues["a"].trouble.reset();
    run_for(seconds(60));
    EXPECT_TRUE(queues.bodies("a").empty());
}

TEST_F(PublicationsTest, EndWithTheirTopic) {
    const auto topic = create("t");
    queues["a"].trouble = ErrorCode::throttled;
    subscribe(topic, "a");
    ASSERT_TRUE(publish(topic, "1"));
    ASSERT_TRUE(on(0, broker().publications().remove(topic)));
    queues["a"].trouble.reset();
    run_for(seconds(60));
    EXPECT_TRUE(queues.bodies("a").empty());
    EXPECT_EQ(publish(topic, "2").error(), ErrorCode::unknown_topic);
    crash();
    start();
    EXPECT_EQ(on(0, broker().publications().remove(topic)).error(), ErrorCode::unknown_topic);
}

// --- Ordered topics ---

TEST_F(PublicationsTest, AnOrderedTopicNeedsAGroupAndADeduplicationId) {
    const auto topic = create("t", {.ordered = true});
    EXPECT_EQ(publish_one(topic, message("a", "", "1")).error(), ErrorCode::invalid_request);
    EXPECT_EQ(publish_one(topic, message("a", "g")).error(), ErrorCode::invalid_request);
    EXPECT_TRUE(publish_one(topic, message("a", "g", "1")));
    const auto by_content = create("c", {.ordered = true, .deduplicate_by_content = true});
    EXPECT_FALSE(publish_one(by_content, message("a", "g"))->duplicate);
    EXPECT_TRUE(publish_one(by_content, message("a", "g"))->duplicate);
    EXPECT_EQ(publish_one(create("u"), message("a", "g", "1")).error(), ErrorCode::invalid_request);
}

TEST_F(PublicationsTest, AnOrderedTopicStoresAMessageOnceInFiveMinutes) {
    auto topic = create("t", {.ordered = true});
    queues["q"];
    subscribe(topic, "q");
    const auto first = publish_one(topic, message("a", "g", "1"));
    ASSERT_TRUE(first);
    run_for(seconds(200));
    crash();
    start();
    topic = *on(0, found(broker(), "t"));
    const auto second = publish_one(topic, message("b", "g", "1"));
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->duplicate);
    EXPECT_EQ(second->id, first->id);
    EXPECT_EQ(second->offset, first->offset);
    run_for(seconds(110));
    EXPECT_FALSE(publish_one(topic, message("c", "g", "1"))->duplicate);
    run_for(seconds(1));
    EXPECT_EQ(queues.bodies("q"), (Bodies{"a", "c"}));
}

TEST_F(PublicationsTest, GroupsMayHaveDeduplicationIdsOfTheirOwn) {
    const auto topic = create(
        "t", {.ordered = true, .deduplication_scope = model::PublicationScope::group}, 4);
    EXPECT_FALSE(publish_one(topic, message("a", "g", "1"))->duplicate);
    EXPECT_FALSE(publish_one(topic, message("a", "h", "1"))->duplicate);
    EXPECT_TRUE(publish_one(topic, message("a", "g", "1"))->duplicate);
}

TEST_F(PublicationsTest, QueuesWithoutOrderGetNoGroupsOfOrderedTopics) {
    std::vector<meta::NewTopic> topics;
    topics.push_back({.name = "plain", .overrides = {{"polylog.queue", "unordered"}}});
    topics.push_back({.name = "in-order", .overrides = {{"polylog.queue", "ordered"}}});
    for (const auto& created : on(0, broker().topics().create(std::move(topics), false)))
        ASSERT_TRUE(created) << created.error().message();
    const auto topic = create("t", {.ordered = true});
    for (const char* queue : {"plain", "in-order"}) {
        queues[queue];
        subscribe(topic, queue);
    }
    ASSERT_TRUE(publish_one(topic, message("a", "g", "1")));
    run_for(seconds(1));
    EXPECT_EQ(queues["plain"].messages.at(0).group, std::nullopt);
    EXPECT_EQ(queues["in-order"].messages.at(0).group, "g");
}

TEST_F(PublicationsTest, ATopicTakesNoMessageOverItsBound) {
    const auto topic = create("t", {.message_max_bytes = 10});
    EXPECT_TRUE(publish(topic, "0123456789"));
    EXPECT_EQ(publish(topic, "0123456789a").error(), ErrorCode::message_too_large);
}

TEST_F(PublicationsTest, SettingsChangeButNotTheOrder) {
    const auto topic = create("t", {.display_name = "before"});
    model::PublicationSettings settings = topic->config->publication;
    settings.display_name.clear();
    settings.message_max_bytes = 5;
    ASSERT_TRUE(on(0, broker().publications().alter(topic, settings)));
    const auto altered = *on(0, found(broker(), "t"));
    EXPECT_EQ(altered->config->publication, settings);
    EXPECT_EQ(publish(altered, "123456").error(), ErrorCode::message_too_large);
    settings.ordered = true;
    EXPECT_EQ(on(0, broker().publications().alter(altered, settings)).error(),
              ErrorCode::invalid_request);
}

// --- With queues of the same broker ---

class PublicationsWithQueues : public PublicationsTest {
protected:
    PublicationsWithQueues() {
        own_queues = true;
        crash();
        start();
    }
    void create_queue(std::string name, model::QueueSettings settings = {}) {
        NewQueue wanted{.name = std::move(name), .settings = std::move(settings)};
        const auto created = on(1, broker().queues().create(std::move(wanted)));
        ASSERT_TRUE(created) << created.error().message();
    }
    void remove_queue(std::string name) {
        ASSERT_TRUE(on(1, broker().queues().remove(*broker_queue(std::move(name)))));
    }
    uint64_t ready_in(std::string name) {
        return on(1, broker().queues().depth(*broker_queue(std::move(name))))->ready;
    }
    std::vector<model::Message> peek(std::string name) {
        std::vector<model::Message> messages;
        const auto peeked = on(1, broker().queues().peek(*broker_queue(std::move(name)), 100));
        EXPECT_TRUE(peeked) << peeked.error().message();
        for (const QueuePeeked& one : *peeked) messages.push_back(one.peeked.message);
        return messages;
    }

private:
    static io::Task<Result<Queues::QueuePtr>> queue_of(Broker& broker, std::string name) {
        co_return broker.queues().find(name);
    }
    Result<Queues::QueuePtr> broker_queue(std::string name) {
        return on(1, queue_of(broker(), std::move(name)));
    }
};

TEST_F(PublicationsWithQueues, MessagesAreInEachQueueOnceAlsoAfterCrashes) {
    const auto topic = create("t", {.ordered = true});
    create_queue("in-order", {.ordered = true});
    create_queue("plain");
    for (const char* queue : {"in-order", "plain"}) subscribe(topic, queue);
    for (int i = 0; i < 20; ++i) {
        const std::string body = std::to_string(i);
        ASSERT_TRUE(publish_one(topic, message(body, "g", body)));
        if (i % 5 == 4) {
            crash(i % 2 == 0 ? sim::Crash::power_cut : sim::Crash::kill);
            start();
        }
    }
    run_for(seconds(5));
    for (const char* queue : {"in-order", "plain"}) {
        const auto messages = peek(queue);
        ASSERT_EQ(messages.size(), 20u) << queue;
        for (size_t i = 0; i < messages.size(); ++i) {
            EXPECT_EQ(messages[i].body.text(), std::to_string(i));
            ASSERT_TRUE(messages[i].publication);
            EXPECT_EQ(messages[i].publication->topic, "t");
        }
        EXPECT_EQ(messages.front().group.has_value(), std::string_view(queue) == "in-order");
    }
}

TEST_F(PublicationsWithQueues, AStopOfTheBrokerIsNoRefusalByItsQueues) {
    const auto topic = create("t");
    create_queue("dead");
    Bodies names;
    for (int i = 0; i < 6; ++i) {
        names.push_back("q" + std::to_string(i));
        create_queue(names.back());
        subscribe(topic, names.back(),
                  [](Subscription& wanted) { wanted.dead_letter = QueueTarget{"dead"}; });
    }
    for (int round = 1; round <= 10; ++round) {
        ASSERT_TRUE(publish(*on(0, found(broker(), "t")), std::to_string(round)));
        run_for(std::chrono::microseconds(50 * round));
        ASSERT_TRUE(on(0, broker().stop()));
        crash(sim::Crash::kill);
        start();
    }
    run_for(seconds(1));
    for (const std::string& name : names) EXPECT_EQ(ready_in(name), 10u) << name;
    EXPECT_EQ(ready_in("dead"), 0u);
}

TEST_F(PublicationsWithQueues, AQueueMadeAnewGetsNothingOfItsPredecessorsSubscription) {
    const auto topic = create("t");
    create_queue("q");
    create_queue("dead");
    subscribe(topic, "q", [](Subscription& wanted) { wanted.dead_letter = QueueTarget{"dead"}; });
    remove_queue("q");
    create_queue("q");
    ASSERT_TRUE(publish(topic, "1"));
    run_for(seconds(1));
    EXPECT_EQ(ready_in("q"), 0u);
    EXPECT_EQ(ready_in("dead"), 1u);
}

}  // namespace
}  // namespace polylog::broker

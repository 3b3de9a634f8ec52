#include "broker/subscriptions.h"

#include <gtest/gtest.h>

#include "test/broker/publication_rig.h"

namespace polylog::broker {
namespace {

using base::ErrorCode;
using base::Result;
using routing::SubscriptionPtr;
using testing::PublicationRig;

class SubscriptionsTest : public ::testing::Test, protected PublicationRig {
protected:
    SubscriptionsTest() { start(); }

    Subscriptions& door() { return broker().subscriptions(); }
    Subscriptions::Subscribed pending(const Publications::TopicPtr& topic, std::string url) {
        auto made = on(1, door().subscribe(
                              {.topic = topic->id, .target = routing::UrlTarget{std::move(url)}}));
        EXPECT_TRUE(made) << made.error().message();
        return *made;
    }
    Result<SubscriptionPtr> confirm(std::string token, bool by_owner = false) {
        return on(2, door().confirm(std::move(token), by_owner));
    }
    // As one shard sees it.
    template <class Look>
    auto at(uint32_t shard, Look look) {
        return on(shard, looked(look));
    }

private:
    template <class Look>
    static io::Task<std::invoke_result_t<Look>> looked(Look look) {
        co_return look();
    }
};

TEST_F(SubscriptionsTest, AreKnownToEveryShardWhenACallReturns) {
    const auto topic = create("t");
    const auto made = subscribe(topic, "q");
    for (uint32_t shard = 0; shard < kShards; ++shard)
        EXPECT_EQ(*at(shard, [&] { return door().find(made->id); }), *made);
    ASSERT_TRUE(on(1, door().remove(made->id)));
    for (uint32_t shard = 0; shard < kShards; ++shard)
        EXPECT_EQ(at(shard, [&] { return door().find(made->id); }), nullptr);
    EXPECT_EQ(on(1, door().remove(made->id)).error(), ErrorCode::unknown_subscription);
}

TEST_F(SubscriptionsTest, AreConfirmedByTheirTokenAloneAndOnceMore) {
    const auto topic = create("t");
    const auto made = pending(topic, "http://h");
    EXPECT_FALSE(made.subscription->confirmed);
    EXPECT_EQ(at(0, [&] { return door().count_of(topic->id).pending; }), 1u);
    const auto confirmed = confirm(made.token, true);
    ASSERT_TRUE(confirmed) << confirmed.error().message();
    EXPECT_TRUE((*confirmed)->confirmed && (*confirmed)->confirmed_by_owner);
    const auto again = confirm(made.token, false);
    ASSERT_TRUE(again);
    EXPECT_EQ(**again, **confirmed);
    EXPECT_EQ(at(0, [&] { return door().count_of(topic->id).confirmed; }), 1u);
}

TEST_F(SubscriptionsTest, AConfirmedOneNeedsNoToken) {
    const auto topic = create("t");
    const auto made = pending(topic, "http://h");
    ASSERT_TRUE(confirm(made.token));
    const auto again = pending(topic, "http://h");
    EXPECT_TRUE(again.subscription->confirmed);
    EXPECT_TRUE(again.token.empty());
    EXPECT_TRUE(confirm(made.token));
}

TEST_F(SubscriptionsTest, AreNotConfirmedByAnythingElse) {
    const auto topic = create("t");
    const auto made = pending(topic, "http://h");
    std::string wrong = made.token;
    wrong.back() = wrong.back() == '0' ? '1' : '0';
    EXPECT_EQ(confirm(wrong).error(), ErrorCode::unknown_token);
    wrong = made.token;
    wrong.front() = wrong.front() == '0' ? '1' : '0';
    EXPECT_EQ(confirm(wrong).error(), ErrorCode::unknown_token);
    for (const std::string& no_token :
         {std::string(), std::string("token"), made.token.substr(2), made.token + "00"})
        EXPECT_EQ(confirm(no_token).error(), ErrorCode::invalid_request);
    const auto of_queue = subscribe(topic, "q");
    EXPECT_EQ(of_queue->confirmation, std::nullopt);
}

TEST_F(SubscriptionsTest, ATokenIsGoodForTwoDaysAndNoLongerThanTheNextOne) {
    const auto topic = create("t");
    const auto first = pending(topic, "http://h");
    const auto second = pending(topic, "http://h");
    EXPECT_EQ(first.subscription->id, second.subscription->id);
    EXPECT_EQ(confirm(first.token).error(), ErrorCode::unknown_token);
    node().clock().jump_wall(std::chrono::hours(47));
    const auto third = pending(topic, "http://other");
    EXPECT_TRUE(confirm(second.token));
    node().clock().jump_wall(std::chrono::hours(48));
    EXPECT_EQ(confirm(third.token).error(), ErrorCode::unknown_token);
}

TEST_F(SubscriptionsTest, SurviveAPowerCutWithTheirTokens) {
    const auto made = pending(create("t"), "http://h");
    crash();
    start();
    EXPECT_TRUE(confirm(made.token));
}

TEST_F(SubscriptionsTest, AreListedInPages) {
    const auto topic = create("t");
    const auto other = create("u");
    std::vector<SubscriptionPtr> made;
    for (int i = 0; i < 10; ++i) made.push_back(subscribe(topic, "q" + std::to_string(i)));
    subscribe(other, "q");
    std::vector<SubscriptionPtr> listed;
    routing::SubscriptionNumber after{};
    for (;;) {
        const auto page = at(1, [&] { return door().list_of(topic->id, after, 3); });
        if (page.empty()) break;
        listed.insert(listed.end(), page.begin(), page.end());
        after = page.back()->number;
    }
    ASSERT_EQ(listed.size(), made.size());
    for (size_t i = 0; i < made.size(); ++i) EXPECT_EQ(listed[i]->id, made[i]->id);

    size_t count = 0;
    routing::SubscriptionId last{};
    for (;;) {
        const auto page = at(1, [&] { return door().list(last, 4); });
        if (page.empty()) break;
        count += page.size();
        EXPECT_GT(page.front()->id, last);
        last = page.back()->id;
    }
    EXPECT_EQ(count, 11u);
}

TEST_F(SubscriptionsTest, GoWithTheirTopic) {
    const auto topic = create("t");
    const auto made = subscribe(topic, "q");
    ASSERT_TRUE(on(0, broker().publications().remove(topic)));
    EXPECT_EQ(at(1, [&] { return door().find(made->id); }), nullptr);
}

}  // namespace
}  // namespace polylog::broker

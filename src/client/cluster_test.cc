#include "client/cluster.h"

#include <algorithm>

#include "client/admin.h"
#include "protocol/kafka/messages/list_groups.h"
#include "protocol/kafka/messages/list_offsets.h"
#include "test/support/client_fixture.h"

namespace polylog::client {
namespace {

using base::ErrorCode;
using base::Result;
using io::Task;

using ClusterTest = ClientTest;

Task<Result<int32_t>> count_partitions(io::Env& env, ClusterSettings settings, bool may_create) {
    Cluster cluster(env, std::move(settings));
    co_return co_await cluster.partition_count("orders", may_create);
}

TEST_F(ClusterTest, TriesTheNextAddressWhenOneDoesNotAnswer) {
    broker().serve_metadata(broker_address(), "orders", 3);
    ClusterSettings two = settings();
    two.bootstrap.insert(two.bootstrap.begin(), {broker_address(), 1});
    const auto count = run(count_partitions(env(), std::move(two), false));
    ASSERT_TRUE(count.has_value()) << count.error().message();
    EXPECT_EQ(*count, 3);
}

TEST_F(ClusterTest, WaitsForATopicThatTheBrokerIsCreating) {
    int asked = 0;
    broker().answer<kafka::MetadataRequest>([&](const kafka::MetadataRequest& request, int16_t) {
        EXPECT_TRUE(request.allow_auto_topic_creation);
        kafka::MetadataResponse response;
        auto& topic = response.topics.emplace_back();
        topic.name = "orders";
        if (++asked < 3) topic.error_code = kafka::ApiError::unknown_topic_or_partition;
        if (asked >= 3) topic.partitions.emplace_back().leader_id = asked < 5 ? -1 : 1;
        return response;
    });
    const auto count = run(count_partitions(env(), settings(), true));
    ASSERT_TRUE(count.has_value()) << count.error().message();
    EXPECT_EQ(*count, 1);
    EXPECT_EQ(asked, 5);
}

TEST_F(ClusterTest, NamesTheTopicThatDoesNotExist) {
    broker().answer<kafka::MetadataRequest>([](const kafka::MetadataRequest& request, int16_t) {
        EXPECT_FALSE(request.allow_auto_topic_creation);
        kafka::MetadataResponse response;
        auto& topic = response.topics.emplace_back();
        topic.name = "orders";
        topic.error_code = kafka::ApiError::unknown_topic_or_partition;
        return response;
    });
    const auto count = run(count_partitions(env(), settings(), false));
    ASSERT_FALSE(count.has_value());
    EXPECT_EQ(count.error().code(), ErrorCode::unknown_topic);
    EXPECT_EQ(count.error().detail(), "topic 'orders' does not exist");
}

Task<Result<bool>> list_groups_twice(io::Env& env, ClusterSettings settings) {
    Cluster cluster(env, std::move(settings));
    CO_TRY(const ConnectionRef first, co_await cluster.any());
    const auto lost = co_await first->call(kafka::ListGroupsRequest{});
    CO_TRY(const ConnectionRef second, co_await cluster.any());
    CO_TRY_VOID(co_await second->call(kafka::ListGroupsRequest{}));
    co_return !lost && first != second;
}

TEST_F(ClusterTest, ConnectsAgainAfterAConnectionBroke) {
    int asked = 0;
    broker().answer<kafka::ListGroupsRequest>(
        [&](const kafka::ListGroupsRequest&, int16_t) -> std::optional<kafka::ListGroupsResponse> {
            if (++asked == 1) return std::nullopt;  // the call times out and ends the connection
            return kafka::ListGroupsResponse{};
        });
    const auto reconnected = run(list_groups_twice(env(), settings()));
    ASSERT_TRUE(reconnected.has_value()) << reconnected.error().message();
    EXPECT_TRUE(*reconnected);
    EXPECT_EQ(broker().connections(), 2u);
}

Task<Result<std::map<int32_t, Offsets>>> list_offsets(io::Env& env, ClusterSettings settings) {
    Cluster cluster(env, std::move(settings));
    Admin admin(cluster);
    co_return co_await admin.list_offsets("orders", kafka::kLatestTimestamp);
}

TEST_F(ClusterTest, AsksTheLeadersForAllPartitionsInOneRequest) {
    broker().serve_metadata(broker_address(), "orders", 4);
    broker().answer<kafka::ListOffsetsRequest>(
        [](const kafka::ListOffsetsRequest& request, int16_t) {
            kafka::ListOffsetsResponse response;
            auto& topic = response.topics.emplace_back();
            topic.name = "orders";
            for (const auto& wanted : request.topics.at(0).partitions) {
                auto& partition = topic.partitions.emplace_back();
                partition.partition_index = wanted.partition_index;
                partition.offset = wanted.partition_index * 10;
            }
            return response;
        });
    const auto offsets = run(list_offsets(env(), settings()));
    ASSERT_TRUE(offsets.has_value()) << offsets.error().message();
    ASSERT_EQ(offsets->size(), 4u);
    EXPECT_EQ(offsets->at(3).offset, 30);
    EXPECT_EQ(std::ranges::count(broker().requests(), kafka::ListOffsetsRequest::api.key), 1);
}

}  // namespace
}  // namespace polylog::client

#include "protocol/kafka/server.h"

#include <gmock/gmock.h>

#include "protocol/kafka/messages/list_groups.h"
#include "test/support/kafka_requests.h"

namespace polylog::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ServerTest : public BrokerTest {
protected:
    io::Task<bool> drain(base::Duration limit) {
        co_await listeners().drain(io::Shard::current().now() + limit);
        co_return true;
    }
};

TEST_F(ServerTest, CountsConnections) {
    start();
    Wire& wire = connect();
    connect().call(ListGroupsRequest{}, 3);
    EXPECT_EQ(connections().accepted, 2U);
    EXPECT_EQ(connections().open, 2U);
    wire.close();
    world().run_for(seconds(1));
    EXPECT_EQ(connections().open, 1U);
}

TEST_F(ServerTest, RefusesConnectionsAboveItsLimit) {
    limits().connections_max = 2;
    start();
    connect();
    Wire& second = connect();
    world().run_for(seconds(1));
    EXPECT_TRUE(connect().is_closed());
    EXPECT_EQ(connections().of(server::Refusal::connections), 1U);
    second.close();
    world().run_for(seconds(1));
    EXPECT_EQ(connect().call(ListGroupsRequest{}, 3).error_code, ApiError::none);
}

TEST_F(ServerTest, RefusesConnectionsOfOneHostAboveItsLimit) {
    limits().connections_per_ip_max = 1;
    start();
    Wire& first = connect();
    world().run_for(seconds(1));
    EXPECT_TRUE(connect().is_closed());
    first.close();
    world().run_for(seconds(1));
    EXPECT_EQ(connect().call(ListGroupsRequest{}, 3).error_code, ApiError::none);
}

TEST_F(ServerTest, GoesOnAcceptingAfterAcceptingFailed) {
    start();
    world().network().settings().accept_error = 1;
    Wire& wire = connect();
    world().run_for(seconds(1));
    EXPECT_EQ(connections().accepted, 0U);
    world().network().settings().accept_error = 0;
    EXPECT_EQ(wire.call(ListGroupsRequest{}, 3).error_code, ApiError::none);
}

TEST_F(ServerTest, DrainsAtOnceWhenNothingIsUnderWay) {
    start();
    Wire& wire = connect();
    world().run_for(seconds(1));
    const auto begun_at = world().now();
    at_broker(drain(seconds(30)));
    EXPECT_LT(world().now() - begun_at, seconds(1));
    EXPECT_TRUE(wire.is_closed());
}

TEST_F(ServerTest, AnswersWhatIsUnderWayBeforeItIsDrained) {
    start();
    Wire& wire = connect();
    create_topic(wire, "t");
    ASSERT_TRUE(wire.send(fetch_request({.name = "t"}, {.max_wait_ms = 3000}), 12, 8));
    world().run_for(seconds(1));
    at_broker(drain(seconds(30)));
    EXPECT_EQ(wire.answer<FetchRequest>(12).first, 8);
    EXPECT_TRUE(wire.is_closed());
}

TEST_F(ServerTest, ClosesWhatIsStillUnderWayWhenDrainingHasTakenTooLong) {
    start();
    Wire& wire = connect();
    create_topic(wire, "t");
    ASSERT_TRUE(wire.send(fetch_request({.name = "t"}, {.max_wait_ms = 60'000}), 12, 8));
    world().run_for(seconds(1));
    const auto begun_at = world().now();
    at_broker(drain(seconds(2)));
    EXPECT_LT(world().now() - begun_at, seconds(3));
    EXPECT_TRUE(wire.is_closed());
    EXPECT_EQ(connections().open, 0U);
}

class ServerOnManyShards : public BrokerTest {
protected:
    ServerOnManyShards() : BrokerTest(3) {}
};

TEST_F(ServerOnManyShards, ServesEveryPartitionOnEveryConnection) {
    start();
    create_topic(connect(), "t", 6);
    for (int32_t connection = 0; connection < 6; ++connection) {
        Wire& wire = connect();
        for (int32_t partition = 0; partition < 6; ++partition) {
            const Target target{.name = "t", .partition = partition};
            EXPECT_EQ(produce(wire, target, batch_of({})).base_offset, connection);
            EXPECT_EQ(fetch(wire, target).high_watermark, connection + 1);
        }
    }
}

TEST_F(ServerOnManyShards, WakesAFetchForARecordOnAnotherShard) {
    start();
    Wire& reader = connect();
    Wire& writer = connect();
    create_topic(writer, "t", 6);
    FetchRequest request = fetch_request({.name = "t"}, {.max_wait_ms = 30'000});
    for (int32_t partition = 1; partition < 6; ++partition)
        request.topics[0].partitions.push_back(
            {.partition = partition, .partition_max_bytes = 1000});
    for (int32_t partition = 0; partition < 6; ++partition) {
        ASSERT_TRUE(reader.send(request, 12, partition));
        world().run_for(seconds(1));
        const auto begun_at = world().now();
        produce(writer, {.name = "t", .partition = partition}, batch_of({}));
        EXPECT_TRUE(reader.receive(seconds(5)));
        EXPECT_LT(world().now() - begun_at, seconds(1));
        request.topics[0].partitions[static_cast<size_t>(partition)].fetch_offset = 1;
    }
}

}  // namespace
}  // namespace polylog::kafka

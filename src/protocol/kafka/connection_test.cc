#include "protocol/kafka/connection.h"

#include <gmock/gmock.h>

#include "protocol/kafka/messages/api_versions.h"
#include "protocol/kafka/messages/list_groups.h"
#include "protocol/kafka/messages/metadata.h"
#include "test/support/kafka_requests.h"

namespace polylog::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int16_t kVersion = 3;  // of ListGroups: any request that is answered at once

class ConnectionTest : public BrokerTest {
protected:
    // Correlation ids of the next answers.
    static std::vector<int32_t> ids_of(Wire& wire, size_t count) {
        std::vector<int32_t> ids;
        for (size_t i = 0; i < count; ++i) {
            const auto frame = wire.receive(seconds(5));
            if (!frame) break;
            ids.push_back(base::load_be<int32_t>(frame->data()));
        }
        return ids;
    }
};

TEST_F(ConnectionTest, AnswersPipelinedRequestsInTheirOrder) {
    start();
    Wire& wire = connect();
    std::string bytes;
    for (int32_t id = 1; id <= 50; ++id) bytes += Wire::frame_of(ListGroupsRequest{}, kVersion, id);
    ASSERT_TRUE(wire.send(bytes));
    std::vector<int32_t> expected(50);
    std::ranges::generate(expected, [id = 1]() mutable { return id++; });
    EXPECT_EQ(ids_of(wire, 50), expected);
}

TEST_F(ConnectionTest, HoldsBackALaterAnswerUntilAnEarlierOneIsReady) {
    start();
    Wire& wire = connect();
    create_topic(wire, "t");
    // Nothing to read yet: the fetch waits for its whole time, and what follows waits for it.
    const Target target{.name = "t"};
    ASSERT_TRUE(wire.send(Wire::frame_of(fetch_request(target, {.max_wait_ms = 2000}), 12, 71) +
                          Wire::frame_of(ListGroupsRequest{}, kVersion, 72)));
    EXPECT_FALSE(wire.receive(milliseconds(1900)));
    EXPECT_EQ(ids_of(wire, 2), (std::vector<int32_t>{71, 72}));
}

TEST_F(ConnectionTest, AnswersWhenBytesComeOneByOne) {
    start();
    Wire& wire = connect();
    for (const char byte : Wire::frame_of(ListGroupsRequest{}, kVersion, 5))
        ASSERT_TRUE(wire.send(std::string(1, byte)));
    EXPECT_EQ(ids_of(wire, 1), (std::vector<int32_t>{5}));
}

TEST_F(ConnectionTest, AppendsConcurrentProducesInTheOrderInWhichTheyCame) {
    start();
    Wire& wire = connect();
    create_topic(wire, "t");
    std::string bytes;
    for (int32_t id = 0; id < 20; ++id) {
        const auto batch = batch_of({.producer_id = 9, .producer_epoch = 0, .base_sequence = id});
        bytes += Wire::frame_of(produce_request({.name = "t"}, batch), 12, id);
    }
    ASSERT_TRUE(wire.send(bytes));
    for (int32_t id = 0; id < 20; ++id) {
        const auto [answered, response] = wire.answer<ProduceRequest>(12);
        EXPECT_EQ(answered, id);
        EXPECT_EQ(response.responses.at(0).partition_responses.at(0).base_offset, id);
    }
}

TEST_F(ConnectionTest, IsSilentAfterAProduceWithoutAcknowledgement) {
    start();
    Wire& wire = connect();
    create_topic(wire, "t");
    ASSERT_TRUE(wire.send(Wire::frame_of(produce_request({.name = "t"}, batch_of({}), 0), 12, 1) +
                          Wire::frame_of(ListGroupsRequest{}, kVersion, 2)));
    EXPECT_EQ(ids_of(wire, 1), (std::vector<int32_t>{2}));
    world().run_for(seconds(1));
    EXPECT_EQ(fetch(wire, {.name = "t"}).high_watermark, 1);
}

TEST_F(ConnectionTest, ClosesAfterAProduceWithoutAcknowledgementThatIsRefused) {
    start();
    Wire& wire = connect();
    ASSERT_TRUE(wire.send(produce_request({.name = "nowhere"}, batch_of({}), 0), 12, 1));
    EXPECT_TRUE(wire.is_closed());
}

TEST_F(ConnectionTest, ClosesOnARequestThatCannotBeRead) {
    start();
    for (const std::string& frame :
         {std::string("\0\0\0\1x", 5),                             // no header
          std::string("\0\0\0\x0a\0\3\0\x0c\0\0\0\1\0\0", 14)}) {  // no body
        Wire& wire = connect();
        ASSERT_TRUE(wire.send(frame));
        EXPECT_TRUE(wire.is_closed());
    }
}

TEST_F(ConnectionTest, KeepsOthersWhenItClosesOne) {
    start();
    Wire& good = connect();
    Wire& bad = connect();
    ASSERT_TRUE(bad.send(std::string("\xff\xff\xff\xff", 4)));
    EXPECT_TRUE(bad.is_closed());
    EXPECT_EQ(good.call(ListGroupsRequest{}, kVersion).error_code, ApiError::none);
}

TEST_F(ConnectionTest, ClosesOnAFrameAboveTheLimitBeforeTheFirstRequest) {
    limits().frame_max_bytes = 10'000;
    start();
    Wire& wire = connect();
    ASSERT_TRUE(wire.send(std::string("\0\0\x27\x11", 4)));  // 10,001
    EXPECT_TRUE(wire.is_closed());
}

TEST_F(ConnectionTest, ClosesOnAFrameAboveTheLimitAfterTheFirstRequest) {
    limits().frame_max_bytes = 10'000;
    start();
    Wire& wire = connect();
    wire.call(ListGroupsRequest{}, kVersion);
    ASSERT_TRUE(wire.send(std::string("\0\0\x27\x11", 4)));
    EXPECT_TRUE(wire.is_closed());
}

TEST_F(ConnectionTest, AppendsWhatCameBeforeItsClientClosed) {
    start();
    create_topic(connect(), "t");
    Wire& wire = connect();
    ASSERT_TRUE(wire.send(produce_request({.name = "t"}, batch_of({.records = 3})), 12, 1));
    wire.close();
    world().run_for(seconds(1));
    EXPECT_EQ(fetch(connect(), {.name = "t"}).high_watermark, 3);
}

TEST_F(ConnectionTest, ReadsNoFurtherWhileTooManyRequestsAreUnanswered) {
    limits().requests_in_flight_per_connection_max = 4;
    start();
    Wire& wire = connect();
    create_topic(wire, "t");
    std::string bytes;
    for (int32_t id = 0; id < 64; ++id)
        bytes += Wire::frame_of(produce_request({.name = "t"}, batch_of({})), 12, id);
    ASSERT_TRUE(wire.send(bytes));
    std::vector<int32_t> expected(64);
    std::ranges::generate(expected, [id = 0]() mutable { return id++; });
    EXPECT_EQ(ids_of(wire, 64), expected);
}

// Answers that nobody reads fill the socket, then the write buffer; then requests are left in the
// socket, and in the end the connection is closed.
TEST_F(ConnectionTest, ClosesWhenAnswersAreNotRead) {
    limits().write_buffer_per_connection_max_bytes = 10'000;
    start();
    Wire& wire = connect();
    create_topic(wire, "t");
    produce(wire, {.name = "t"}, batch_of({.value = std::string(200'000, 'v')}));
    std::string bytes;
    for (int32_t id = 0; id < 10; ++id)
        bytes += Wire::frame_of(fetch_request({.name = "t"}), 12, id);
    ASSERT_TRUE(wire.send(bytes));
    world().run_for(limits().write_stalled_timeout - seconds(1));
    EXPECT_EQ(connections().open, 1U);
    world().run_for(seconds(5));
    EXPECT_EQ(connections().open, 0U);
    EXPECT_EQ(connections().of(server::Overdue::slow_reader), 1U);
}

TEST_F(ConnectionTest, ClosesWhenAFrameArrivesTooSlowly) {
    start();
    Wire& wire = connect();
    ASSERT_TRUE(wire.send(std::string("\0\1\0\0", 4)));  // 64 KiB are announced
    for (int i = 0; i < 30 && connections().open == 1; ++i) {
        wire.send("some");
        world().run_for(seconds(1));
    }
    EXPECT_EQ(connections().open, 0U);
    EXPECT_EQ(connections().of(server::Overdue::slow_sender), 1U);
}

TEST_F(ConnectionTest, AllowsALargeFrameAnHonestSlowLine) {
    start();
    Wire& wire = connect();
    std::string frame = Wire::frame_of(
        produce_request({.name = "t"}, batch_of({.value = std::string(60'000, 'v')})), 12, 1);
    create_topic(wire, "t");
    // Two kilobytes a second are twice what is asked for.
    for (size_t at = 0; at < frame.size(); at += 2048) {
        ASSERT_TRUE(wire.send(frame.substr(at, 2048)));
        world().run_for(seconds(1));
    }
    EXPECT_EQ(ids_of(wire, 1), (std::vector<int32_t>{1}));
}

TEST_F(ConnectionTest, ClosesWhenNothingHappensForLong) {
    limits().idle_timeout = std::chrono::minutes(2);
    start();
    Wire& wire = connect();
    wire.call(ListGroupsRequest{}, kVersion);
    // Clocks run fast or slow.
    world().run_for(seconds(100));
    wire.call(ListGroupsRequest{}, kVersion);
    EXPECT_FALSE(wire.is_closed(seconds(100)));
    EXPECT_TRUE(wire.is_closed(seconds(40)));
    EXPECT_EQ(connections().of(server::Overdue::idle), 1U);
}

TEST_F(ConnectionTest, IsNotIdleWhileARequestWaits) {
    limits().idle_timeout = seconds(5);
    start();
    Wire& wire = connect();
    create_topic(wire, "t");
    ASSERT_TRUE(wire.send(fetch_request({.name = "t"}, {.max_wait_ms = 20'000}), 12, 3));
    EXPECT_EQ(ids_of(wire, 0).size(), 0U);
    EXPECT_TRUE(wire.receive(seconds(25)));
}

}  // namespace
}  // namespace polylog::kafka

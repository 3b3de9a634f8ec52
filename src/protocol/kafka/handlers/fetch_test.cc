#include <gmock/gmock.h>

#include "protocol/kafka/handlers/records.h"
#include "protocol/kafka/messages/metadata.h"
#include "test/support/kafka_requests.h"

namespace polylog::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class FetchTest : public BrokerTest {
protected:
    void SetUp() override {
        start();
        wire_ = &connect();
        id_ = create_topic(wire(), "t", 2);
    }
    Wire& wire() { return *wire_; }
    base::Uuid id() const { return id_; }
    void append(int32_t records, size_t value_bytes = 10, int32_t partition = 0) {
        const auto batch = batch_of({.records = records, .value = std::string(value_bytes, 'v')});
        EXPECT_EQ(produce(wire(), {.name = "t", .partition = partition}, batch).error_code,
                  ApiError::none);
    }

private:
    Wire* wire_ = nullptr;
    base::Uuid id_;
};

TEST_F(FetchTest, GivesTheWholeBatchThatHoldsTheOffset) {
    append(5);
    append(5);
    EXPECT_THAT(batches_in(fetch(wire(), {.name = "t"}, {.offset = 7})), ElementsAre(Pair(5, 5)));
    EXPECT_THAT(batches_in(fetch(wire(), {.name = "t"}, {.offset = 4})),
                ElementsAre(Pair(0, 5), Pair(5, 5)));
}

TEST_F(FetchTest, GivesTheFirstBatchEvenAboveTheLimits) {
    append(1, 5000);
    append(1, 5000);
    EXPECT_THAT(batches_in(fetch(wire(), {.name = "t"}, {.partition_max_bytes = 1})),
                ElementsAre(Pair(0, 1)));
    EXPECT_THAT(batches_in(fetch(wire(), {.name = "t"}, {.max_bytes = 1})),
                ElementsAre(Pair(0, 1)));
}

TEST_F(FetchTest, GivesOnlyOnePartitionABatchAboveTheLimits) {
    append(1, 5000, 0);
    append(1, 5000, 1);
    FetchRequest request = fetch_request({.name = "t"}, {.max_bytes = 100});
    request.topics[0].partitions.push_back({.partition = 1, .partition_max_bytes = 10'000});
    const auto answer = wire().call(request, 12).responses.at(0).partitions;
    EXPECT_THAT(batches_in(answer.at(0)), ElementsAre(Pair(0, 1)));
    EXPECT_THAT(batches_in(answer.at(1)), IsEmpty());
}

TEST_F(FetchTest, GivesNothingAtTheEndAndNoNullRecords) {
    append(3);
    const auto end = fetch(wire(), {.name = "t"}, {.offset = 3});
    EXPECT_EQ(end.error_code, ApiError::none);
    EXPECT_EQ(end.high_watermark, 3);
    ASSERT_TRUE(end.records.has_value());
    EXPECT_THAT(batches_in(end), IsEmpty());
}

TEST_F(FetchTest, RefusesOffsetsOutsideTheLog) {
    append(3);
    EXPECT_EQ(fetch(wire(), {.name = "t"}, {.offset = 4}).error_code,
              ApiError::offset_out_of_range);
    EXPECT_EQ(fetch(wire(), {.name = "t"}, {.offset = -1}).error_code,
              ApiError::offset_out_of_range);
}

TEST_F(FetchTest, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(fetch(wire(), {.name = "none"}).error_code, ApiError::unknown_topic_or_partition);
    EXPECT_EQ(fetch(wire(), {.name = "t", .partition = 2}).error_code,
              ApiError::unknown_topic_or_partition);
    EXPECT_EQ(fetch(wire(), {.id = base::Uuid::from_random(1, 2)}, {}, 13).error_code,
              ApiError::unknown_topic_id);
}

TEST_F(FetchTest, DoesNotWaitWhenAPartitionIsRefused) {
    const auto begun_at = world().now();
    EXPECT_EQ(fetch(wire(), {.name = "none"}, {.max_wait_ms = 20'000}).error_code,
              ApiError::unknown_topic_or_partition);
    EXPECT_LT(world().now() - begun_at, seconds(1));
}

TEST_F(FetchTest, DoesNotTakeATopicOfTheSameNameForTheOneThatWasDeleted) {
    append(3);
    delete_topic(wire(), id());
    const base::Uuid fresh = create_topic(wire(), "t", 2);
    EXPECT_EQ(fetch(wire(), {.id = id()}, {}, 13).error_code, ApiError::unknown_topic_id);
    const auto answer = fetch(wire(), {.id = fresh}, {}, 13);
    EXPECT_EQ(answer.error_code, ApiError::none);
    EXPECT_EQ(answer.high_watermark, 0);
}

TEST_F(FetchTest, WaitsUntilThereIsSomething) {
    Wire& reader = connect();
    ASSERT_TRUE(reader.send(fetch_request({.name = "t"}, {.max_wait_ms = 20'000}), 12, 1));
    EXPECT_FALSE(reader.receive(seconds(5)));
    append(2);
    const auto begun_at = world().now();
    const auto response = reader.answer<FetchRequest>(12).second;
    EXPECT_THAT(batches_in(response.responses.at(0).partitions.at(0)), ElementsAre(Pair(0, 2)));
    EXPECT_LT(world().now() - begun_at, seconds(1));
}

TEST_F(FetchTest, WaitsForSoMuchAndNoLonger) {
    Wire& reader = connect();
    FetchRequest request = fetch_request({.name = "t"}, {.max_wait_ms = 10'000});
    request.min_bytes = 1000;
    ASSERT_TRUE(reader.send(request, 12, 1));
    append(1, 100);
    EXPECT_FALSE(reader.receive(seconds(5)));
    EXPECT_TRUE(reader.receive(seconds(6)));  // the time is up: what little there is
    ASSERT_TRUE(reader.send(request, 12, 2));
    EXPECT_FALSE(reader.receive(seconds(5)));
    append(1, 2000);
    EXPECT_TRUE(reader.receive(seconds(1)));
}

TEST_F(FetchTest, EndsWaitingWhenTheTopicIsDeleted) {
    Wire& reader = connect();
    ASSERT_TRUE(reader.send(fetch_request({.name = "t"}, {.max_wait_ms = 30'000}), 12, 1));
    EXPECT_FALSE(reader.receive(seconds(1)));
    delete_topic(wire(), id());
    const auto response = reader.answer<FetchRequest>(12).second;
    EXPECT_EQ(response.responses.at(0).partitions.at(0).error_code,
              ApiError::unknown_topic_or_partition);
}

TEST_F(FetchTest, RefusesLeaderEpochsOfThePastAndTheFuture) {
    append(1);
    EXPECT_EQ(fetch(wire(), {.name = "t"}, {.leader_epoch = 0}).error_code, ApiError::none);
    EXPECT_EQ(fetch(wire(), {.name = "t"}, {.leader_epoch = 1}).error_code,
              ApiError::unknown_leader_epoch);
    restart(sim::Crash::kill);
    Wire& later = connect();
    EXPECT_EQ(fetch(later, {.name = "t"}, {.leader_epoch = 0}).error_code,
              ApiError::fenced_leader_epoch);
    EXPECT_EQ(fetch(later, {.name = "t"}, {.leader_epoch = 1}).error_code, ApiError::none);
}

TEST_F(FetchTest, MakesNoSessions) {
    append(1);
    FetchRequest request = fetch_request({.name = "t"});
    request.session_epoch = 0;  // asks for one
    EXPECT_EQ(wire().call(request, 12).session_id, 0);
    request.session_id = 5;
    request.session_epoch = 1;
    EXPECT_EQ(wire().call(request, 12).error_code, ApiError::fetch_session_id_not_found);
}

TEST_F(FetchTest, ListsNoAbortedTransactionsUnlessCommittedRecordsAreAskedFor) {
    append(1);
    FetchRequest request = fetch_request({.name = "t"});
    const auto any = wire().call(request, 12).responses.at(0).partitions.at(0);
    EXPECT_FALSE(any.aborted_transactions.has_value());
    request.isolation_level = IsolationLevel::read_committed;
    const auto committed = wire().call(request, 12).responses.at(0).partitions.at(0);
    ASSERT_TRUE(committed.aborted_transactions.has_value());
    EXPECT_THAT(*committed.aborted_transactions, IsEmpty());
    EXPECT_EQ(committed.last_stable_offset, 1);
}

}  // namespace
}  // namespace polylog::kafka

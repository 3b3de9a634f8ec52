#include "client/producer.h"

#include <set>

#include "protocol/kafka/messages/init_producer_id.h"
#include "protocol/kafka/messages/produce.h"
#include "test/support/client_fixture.h"

namespace polylog::client {
namespace {

using base::ErrorCode;
using base::Result;
using io::Task;
using model::BatchView;

// A broker that keeps what is produced, per partition, and may refuse or lose answers first.
class ProducerTest : public ClientTest {
protected:
    struct Stored {
        int32_t base_sequence = -1;
        int32_t records = 0;
        std::string bytes;
    };

    void serve(int32_t partitions) {
        broker().serve_metadata(broker_address(), "orders", partitions);
        broker().answer<kafka::InitProducerIdRequest>(
            [](const kafka::InitProducerIdRequest&, int16_t) {
                kafka::InitProducerIdResponse response;
                response.producer_id = 77;
                return response;
            });
        broker().answer<kafka::ProduceRequest>(
            [this](const kafka::ProduceRequest& request, int16_t) { return produce(request); });
    }

    std::optional<kafka::ProduceResponse> produce(const kafka::ProduceRequest& request) {
        const auto& partition = request.topic_data.at(0).partition_data.at(0);
        const base::Slice bytes = partition.records->joined();
        const BatchView batch(bytes.bytes());
        kafka::ProduceResponse response;
        auto& topic = response.responses.emplace_back();
        topic.name = "orders";
        auto& answer = topic.partition_responses.emplace_back();
        answer.index = partition.index;
        attempts_.push_back(std::string(bytes.text()));
        if (!refusals_.empty()) {
            answer.error_code = refusals_.front();
            refusals_.erase(refusals_.begin());
            return response;
        }
        auto& log = logs_[partition.index];
        const bool is_repeat = batch.has_producer() && !log.empty() &&
                               log.back().base_sequence == batch.base_sequence();
        if (!is_repeat)
            log.push_back({batch.base_sequence(), batch.record_count(), std::string(bytes.text())});
        answer.base_offset = 100;
        if (lost_answers_ > 0) {
            --lost_answers_;
            return std::nullopt;
        }
        return response;
    }

    std::map<int32_t, std::vector<Stored>> logs_;
    std::vector<std::string> attempts_;
    std::vector<kafka::ApiError> refusals_;
    int lost_answers_ = 0;
};

Task<Result<uint64_t>> produce_all(io::Env& env, ClusterSettings cluster_settings,
                                   ProducerSettings settings, std::vector<Record> records) {
    Cluster cluster(env, std::move(cluster_settings));
    Producer producer(cluster, "orders", settings);
    CO_TRY_VOID(co_await producer.open());
    for (Record& record : records) CO_TRY_VOID(co_await producer.send(std::move(record)));
    CO_TRY_VOID(co_await producer.flush());
    co_return producer.records_acknowledged();
}

std::vector<Record> keyless_records(size_t count) {
    std::vector<Record> records(count);
    for (size_t i = 0; i < count; ++i) records[i].value = "value " + std::to_string(i);
    return records;
}

TEST_F(ProducerTest, PutsWhatIsQueuedTogetherIntoOneBatch) {
    serve(1);
    const auto result = run(produce_all(env(), settings(), {}, keyless_records(50)));
    ASSERT_TRUE(result.has_value()) << result.error().message();
    EXPECT_EQ(*result, 50u);
    ASSERT_EQ(logs_[0].size(), 1u);
    EXPECT_EQ(logs_[0][0].records, 50);
}

TEST_F(ProducerTest, NumbersTheRecordsOfEachPartitionWithoutGaps) {
    serve(1);
    const auto result = run(
        produce_all(env(), settings(), {.batch_max_bytes = 200}, keyless_records(50)));
    ASSERT_TRUE(result.has_value()) << result.error().message();
    ASSERT_GT(logs_[0].size(), 1u);
    int32_t next = 0;
    for (const Stored& batch : logs_[0]) {
        EXPECT_EQ(batch.base_sequence, next);
        next += batch.records;
    }
    EXPECT_EQ(next, 50);
}

TEST_F(ProducerTest, RepeatsABatchByteForByteAfterARetriableError) {
    serve(1);
    refusals_ = {kafka::ApiError::not_enough_replicas, kafka::ApiError::not_leader_or_follower};
    const auto result = run(produce_all(env(), settings(), {}, keyless_records(3)));
    ASSERT_TRUE(result.has_value()) << result.error().message();
    ASSERT_EQ(attempts_.size(), 3u);
    EXPECT_EQ(attempts_[0], attempts_[1]);
    EXPECT_EQ(attempts_[1], attempts_[2]);
}

TEST_F(ProducerTest, RepeatsABatchWhoseAnswerWasLostWhenItIsIdempotent) {
    serve(1);
    lost_answers_ = 1;
    const auto result = run(produce_all(env(), settings(), {}, keyless_records(3)));
    ASSERT_TRUE(result.has_value()) << result.error().message();
    EXPECT_EQ(logs_[0].size(), 1u);
    EXPECT_EQ(attempts_.size(), 2u);
}

TEST_F(ProducerTest, DoesNotRepeatABatchWhoseAnswerWasLostWhenItIsNot) {
    serve(1);
    lost_answers_ = 1;
    const auto result = run(
        produce_all(env(), settings(), {.idempotent = false}, keyless_records(3)));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(attempts_.size(), 1u);
}

TEST_F(ProducerTest, EndsWithTheFirstErrorThatIsFinal) {
    serve(1);
    refusals_ = {kafka::ApiError::message_too_large};
    const auto result = run(produce_all(env(), settings(), {}, keyless_records(3)));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code(), ErrorCode::message_too_large);
    EXPECT_EQ(attempts_.size(), 1u);
}

TEST_F(ProducerTest, SendsEqualKeysToOnePartition) {
    serve(8);
    std::vector<Record> records(40);
    for (size_t i = 0; i < records.size(); ++i) records[i].key = "key " + std::to_string(i % 2);
    const auto result = run(produce_all(env(), settings(), {}, std::move(records)));
    ASSERT_TRUE(result.has_value()) << result.error().message();
    const std::set<int32_t> expected{partition_of_key(base::as_bytes("key 0"), 8),
                                     partition_of_key(base::as_bytes("key 1"), 8)};
    std::set<int32_t> used;
    for (const auto& [partition, log] : logs_) used.insert(partition);
    EXPECT_EQ(used, expected);
}

TEST_F(ProducerTest, RefusesAPartitionThatTheTopicLacks) {
    serve(2);
    std::vector<Record> records(1);
    records[0].partition = 2;
    const auto result = run(produce_all(env(), settings(), {}, std::move(records)));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code(), ErrorCode::invalid_request);
}

}  // namespace
}  // namespace polylog::client

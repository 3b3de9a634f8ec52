#include "client/consumer.h"

#include "model/record.h"
#include "protocol/kafka/messages/fetch.h"
#include "test/support/client_fixture.h"

namespace polylog::client {
namespace {

using base::ErrorCode;
using base::Result;
using io::Task;

// A batch of records "0", "1"... with this first offset.
base::Slice batch_at(int64_t base_offset, int count,
                     model::Compression compression = model::Compression::none) {
    model::BatchBuilder builder(compression);
    for (int i = 0; i < count; ++i) {
        const std::string value = std::to_string(base_offset + i);
        builder.add({.timestamp_ms = 1000 + i,
                     .key = std::nullopt,
                     .value = base::as_bytes(value),
                     .headers = {{.key = "h", .value = std::nullopt}}});
    }
    base::Buffer batch = builder.build();
    model::assign_base_offset(batch.writable(), {base_offset});
    return base::Slice(std::move(batch));
}

class ConsumerTest : public ClientTest {
protected:
    // Answers every fetch with these bytes, whatever was asked.
    void serve(base::Slice bytes, kafka::ApiError error = kafka::ApiError::none) {
        broker().serve_metadata(broker_address(), "orders", 1);
        broker().answer<kafka::FetchRequest>(
            [this, bytes, error](const kafka::FetchRequest& request, int16_t) {
                fetch_offsets_.push_back(request.topics.at(0).partitions.at(0).fetch_offset);
                kafka::FetchResponse response;
                auto& topic = response.responses.emplace_back();
                topic.topic = "orders";
                auto& partition = topic.partitions.emplace_back();
                partition.error_code = errors_.empty() ? error : errors_.front();
                if (!errors_.empty()) errors_.erase(errors_.begin());
                partition.records = kafka::Records(bytes);
                partition.aborted_transactions = aborted_;
                return response;
            });
    }

    std::vector<int64_t> fetch_offsets_;
    std::vector<kafka::ApiError> errors_;
    std::vector<kafka::FetchResponse::AbortedTransaction> aborted_;
};

struct Polled {
    std::vector<ConsumedRecord> records;
    int64_t position = 0;
};

Task<Result<Polled>> poll_from(io::Env& env, ClusterSettings cluster_settings, int64_t offset,
                               int polls = 1) {
    Cluster cluster(env, std::move(cluster_settings));
    Consumer consumer(cluster, {});
    const TopicPartition partition{"orders", 0};
    consumer.assign(partition, offset);
    Polled polled;
    for (int i = 0; i < polls; ++i) {
        CO_TRY(polled.records, co_await consumer.poll(std::chrono::milliseconds(100)));
    }
    polled.position = consumer.position(partition);
    co_return polled;
}

TEST_F(ConsumerTest, StartsInsideABatchWhereItWasAssigned) {
    serve(batch_at(10, 5));
    const auto polled = run(poll_from(env(), settings(), 12));
    ASSERT_TRUE(polled.has_value()) << polled.error().message();
    ASSERT_EQ(polled->records.size(), 3u);
    EXPECT_EQ(polled->records[0].offset, 12);
    EXPECT_EQ(polled->records[0].value, "12");
    EXPECT_EQ(polled->records[0].key, std::nullopt);
    EXPECT_EQ(polled->records[0].headers, (std::vector<Header>{{"h", std::nullopt}}));
    EXPECT_EQ(polled->records[0].timestamp_ms, 1002);
    EXPECT_EQ(polled->position, 15);
}

TEST_F(ConsumerTest, ReadsCompressedBatches) {
    serve(batch_at(0, 100, model::Compression::lz4));
    const auto polled = run(poll_from(env(), settings(), 0));
    ASSERT_TRUE(polled.has_value()) << polled.error().message();
    EXPECT_EQ(polled->records.size(), 100u);
}

TEST_F(ConsumerTest, LeavesABatchThatWasCutOffForTheNextPoll) {
    const base::Slice first = batch_at(0, 2);
    const base::Slice second = batch_at(2, 2);
    base::ByteWriter bytes;
    bytes.bytes(first.bytes());
    bytes.bytes(second.bytes().first(second.size() - 1));
    serve(bytes.finish());
    const auto polled = run(poll_from(env(), settings(), 0));
    ASSERT_TRUE(polled.has_value()) << polled.error().message();
    EXPECT_EQ(polled->records.size(), 2u);
    EXPECT_EQ(polled->position, 2);
}

TEST_F(ConsumerTest, ReportsABatchThatDoesNotMatchItsChecksum) {
    const base::Slice batch = batch_at(0, 2);
    base::Buffer damaged = base::Buffer::copy_of(batch.bytes());
    damaged.writable().back() ^= std::byte{1};
    serve(base::Slice(std::move(damaged)));
    const auto polled = run(poll_from(env(), settings(), 0));
    ASSERT_FALSE(polled.has_value());
    EXPECT_EQ(polled.error().code(), ErrorCode::corrupt);
}

TEST_F(ConsumerTest, ReportsAnOffsetThatIsNotThere) {
    serve({}, kafka::ApiError::offset_out_of_range);
    const auto polled = run(poll_from(env(), settings(), 99));
    ASSERT_FALSE(polled.has_value());
    EXPECT_EQ(polled.error().code(), ErrorCode::offset_out_of_range);
    EXPECT_TRUE(polled.error().detail().contains("offset 99")) << polled.error().detail();
}

TEST_F(ConsumerTest, LooksForTheLeaderAgainWhenItMoved) {
    serve(batch_at(0, 1));
    errors_ = {kafka::ApiError::not_leader_or_follower};
    const auto polled = run(poll_from(env(), settings(), 0, 2));
    ASSERT_TRUE(polled.has_value()) << polled.error().message();
    EXPECT_EQ(polled->records.size(), 1u);
}

}  // namespace
}  // namespace polylog::client

// The produce and the fetch conversation, spoken without sockets.

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "bench/kafka_fetch.h"
#include "bench/kafka_produce.h"

namespace polylog::bench {
namespace {

constexpr Slot kFirstSlot{.connection = 0, .index = 0};

size_t total_size(const std::vector<iovec>& pieces) {
    size_t size = 0;
    for (const iovec& piece : pieces) size += piece.iov_len;
    return size;
}

template <class T>
T field(const iovec& piece, size_t position) {
    return base::load_be<T>(static_cast<const std::byte*>(piece.iov_base) + position);
}

std::vector<std::byte> produce_response(int32_t correlation, int16_t error, int64_t base_offset) {
    std::vector<std::byte> frame(64);
    base::store_be(frame.data() + 4, correlation);
    std::byte* at = frame.data() + 9;
    at[0] = std::byte{2};  // one topic
    at[1] = std::byte{2};  // of one letter
    at[3] = std::byte{2};  // one partition
    base::store_be(at + 8, error);
    base::store_be(at + 10, base_offset);
    return frame;
}

ProduceOptions two_topics_of_two_partitions() {
    return {.spread = {.name = "p", .topics = 2, .partitions = 2},
            .batch = {.records = 4, .value_bytes = 10}};
}

TEST(ProduceConversation, GoesRoundOverTopicsAndPartitions) {
    const LoadShape shape{.connections = 1, .depth = 8};
    const ProduceOptions options = two_topics_of_two_partitions();
    ProduceConversation conversation(options, shape);
    const size_t partition_at = encode_produce_head("p-0", -1, conversation.batch_bytes())
                                    .partition_at;
    std::vector<iovec> pieces;
    for (int slot = 0; slot < 5; ++slot) {
        ASSERT_TRUE(conversation.next_request({.connection = 0, .index = slot}, pieces));
    }
    ASSERT_EQ(pieces.size(), 15u);
    const auto topic_digit = [&](size_t request) {
        return std::to_integer<char>(
            static_cast<const std::byte*>(pieces[request * 3].iov_base)[partition_at - 2]);
    };
    const auto partition = [&](size_t request) {
        return field<int32_t>(pieces[request * 3], partition_at);
    };
    EXPECT_EQ(topic_digit(0), '0');
    EXPECT_EQ(topic_digit(1), '0');
    EXPECT_EQ(topic_digit(2), '1');
    EXPECT_EQ(topic_digit(4), '0');
    EXPECT_EQ(partition(0), 0);
    EXPECT_EQ(partition(1), 1);
    EXPECT_EQ(partition(2), 0);
    EXPECT_EQ(partition(4), 0);
}

TEST(ProduceConversation, AnnouncesTheSizeOfAllPieces) {
    ProduceConversation conversation(two_topics_of_two_partitions(), LoadShape{});
    std::vector<iovec> pieces;
    ASSERT_TRUE(conversation.next_request(kFirstSlot, pieces));
    EXPECT_EQ(field<uint32_t>(pieces[0], 0) + kSizeBytes, total_size(pieces));
}

TEST(ProduceConversation, RemembersWhereTheAcknowledgedRecordsEnd) {
    ProduceConversation conversation(two_topics_of_two_partitions(), LoadShape{.depth = 2});
    std::vector<iovec> pieces;
    conversation.next_request({.connection = 0, .index = 0}, pieces);
    conversation.next_request({.connection = 0, .index = 1}, pieces);
    const auto carried = conversation.take_response({.connection = 0, .index = 0},
                                                    produce_response(0, 0, 100));
    ASSERT_TRUE(carried);
    EXPECT_EQ(carried->messages, 4u);
    EXPECT_EQ(carried->bytes, 40u);
    EXPECT_EQ(conversation.acknowledged_ends(), (std::vector<int64_t>{104, 0, 0, 0}));
}

TEST(ProduceConversation, RefusesErrorsAndAnswersOutOfOrder) {
    ProduceConversation conversation(two_topics_of_two_partitions(), LoadShape{});
    std::vector<iovec> pieces;
    conversation.next_request(kFirstSlot, pieces);
    EXPECT_FALSE(conversation.take_response(kFirstSlot, produce_response(5, 0, 0)));
    EXPECT_FALSE(conversation.take_response(kFirstSlot, produce_response(0, 6, 0)));
}

TEST(ProduceConversation, StopsWhenTheAmountIsSent) {
    ProduceOptions options = two_topics_of_two_partitions();
    options.total_bytes = 80;
    ProduceConversation conversation(options, LoadShape{});
    std::vector<iovec> pieces;
    EXPECT_TRUE(conversation.next_request(kFirstSlot, pieces));
    EXPECT_TRUE(conversation.next_request(kFirstSlot, pieces));
    EXPECT_FALSE(conversation.next_request(kFirstSlot, pieces));
}

TEST(ProduceConversation, ExpectsNoAnswerWithoutAcknowledgement) {
    ProduceOptions options = two_topics_of_two_partitions();
    EXPECT_FALSE(ProduceConversation(options, LoadShape{}).unanswered());
    options.acks = 0;
    const auto carried = ProduceConversation(options, LoadShape{}).unanswered();
    ASSERT_TRUE(carried);
    EXPECT_EQ(carried->messages, 4u);
}

// A fetch response of topic "t" with one partition that holds `batches` whole batches from `offset`
// on and `cut_bytes` of another.
std::vector<std::byte> fetch_response(int32_t partition, int64_t offset, int batches,
                                      size_t cut_bytes = 0) {
    constexpr int32_t kRecords = 4;
    std::vector<std::byte> records;
    for (int i = 0; i <= batches; ++i) {
        auto batch = encode_batch({.records = kRecords, .value_bytes = 10});
        model::assign_base_offset(batch, {offset + i * kRecords});
        if (i == batches) batch.resize(cut_bytes);
        records.insert(records.end(), batch.begin(), batch.end());
    }
    FrameWriter fields(0, 0);
    const size_t start = fields.position();
    fields.integer<int32_t>(0).integer<int32_t>(1).no_tags();
    fields.integer<int32_t>(0)
        .integer<int16_t>(0)
        .integer<int32_t>(0)
        .compact_length(1)
        .compact_string("t");
    fields.compact_length(1).integer(partition).integer<int16_t>(0);
    fields.integer<int64_t>(8)
        .integer<int64_t>(8)
        .integer<int64_t>(0)
        .compact_null()
        .integer<int32_t>(-1);
    fields.compact_length(records.size());
    std::vector<std::byte> frame = std::move(fields).finish();
    frame.erase(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(start));
    frame.insert(frame.end(), records.begin(), records.end());
    frame.insert(frame.end(), 3, std::byte{0});
    return frame;
}

int64_t requested_offset(FetchConversation& conversation, const FetchOptions& options) {
    std::vector<iovec> pieces;
    EXPECT_TRUE(conversation.next_request(kFirstSlot, pieces));
    return field<int64_t>(
        pieces.at(0),
        encode_fetch_request({.topic = options.topic, .partitions = {0}}).offsets_at[0]);
}

TEST(FetchConversation, ContinuesBehindTheLastWholeBatch) {
    const FetchOptions options{.topic = "t", .partitions = 1};
    FetchConversation conversation(options, LoadShape{}, {{.start = 0, .end = 8}});
    EXPECT_EQ(requested_offset(conversation, options), 0);
    const auto carried = conversation.take_response(kFirstSlot, fetch_response(0, 0, 1, 70));
    ASSERT_TRUE(carried);
    EXPECT_EQ(carried->messages, 4u);
    EXPECT_EQ(carried->bytes, encode_batch({.records = 4, .value_bytes = 10}).size());
    EXPECT_EQ(requested_offset(conversation, options), 4);
}

TEST(FetchConversation, StartsAtTheTailWhenAsked) {
    const FetchOptions options{.topic = "t", .partitions = 1, .start = FetchStart::latest};
    FetchConversation conversation(options, LoadShape{}, {{.start = 2, .end = 8}});
    EXPECT_EQ(requested_offset(conversation, options), 8);
}

TEST(FetchConversation, RewindsToTheStartAtTheEnd) {
    const FetchOptions options{.topic = "t", .partitions = 1, .at_end = AtEnd::rewind};
    FetchConversation conversation(options, LoadShape{}, {{.start = 0, .end = 8}});
    ASSERT_TRUE(conversation.take_response(kFirstSlot, fetch_response(0, 0, 2)));
    EXPECT_EQ(requested_offset(conversation, options), 0);
}

TEST(FetchConversation, StopsWhenEveryPartitionIsRead) {
    const FetchOptions options{.topic = "t", .partitions = 2, .at_end = AtEnd::stop};
    FetchConversation conversation(options, LoadShape{},
                                   {{.start = 0, .end = 8}, {.start = 0, .end = 4}});
    std::vector<iovec> pieces;
    ASSERT_TRUE(conversation.take_response(kFirstSlot, fetch_response(0, 0, 2)));
    EXPECT_TRUE(conversation.next_request(kFirstSlot, pieces));
    ASSERT_TRUE(conversation.take_response(kFirstSlot, fetch_response(1, 0, 1)));
    EXPECT_FALSE(conversation.next_request(kFirstSlot, pieces));
}

TEST(FetchConversation, DealsPartitionsToTheRequestsOfAConnection) {
    const FetchOptions options{.topic = "t", .partitions = 3};
    FetchConversation conversation(options, LoadShape{.depth = 2}, std::vector<LogRange>(3));
    std::vector<iovec> first;
    std::vector<iovec> second;
    conversation.next_request({.connection = 0, .index = 0}, first);
    conversation.next_request({.connection = 0, .index = 1}, second);
    const FetchSpec two{.topic = "t", .partitions = {0, 2}};
    const FetchSpec one{.topic = "t", .partitions = {1}};
    EXPECT_EQ(first.at(0).iov_len, encode_fetch_request(two).bytes.size());
    EXPECT_EQ(second.at(0).iov_len, encode_fetch_request(one).bytes.size());
}

TEST(FetchConversation, RefusesAPartitionItDidNotAskFor) {
    FetchConversation conversation({.topic = "t", .partitions = 1}, LoadShape{},
                                   {{.start = 0, .end = 8}});
    EXPECT_FALSE(conversation.take_response(kFirstSlot, fetch_response(7, 0, 1)));
}

TEST(BatchCursor, EndsAtBytesThatAreNoBatch) {
    const std::vector<std::byte> zeros(100);
    BatchCursor cursor(zeros);
    EXPECT_FALSE(cursor.next());
}

}  // namespace
}  // namespace polylog::bench

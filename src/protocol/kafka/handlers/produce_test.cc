#include <gmock/gmock.h>

#include "protocol/kafka/handlers/records.h"
#include "protocol/kafka/messages/init_producer_id.h"
#include "test/support/kafka_requests.h"

namespace polylog::kafka {
namespace {

using log::testing::BatchShape;

// A batch with one thing wrong, and a checksum that is right.
base::Slice spoiled(const BatchShape& shape, const std::function<void(std::byte*)>& spoil) {
    base::Buffer batch = log::testing::make_batch(shape);
    spoil(batch.writable_data());
    base::store_be<uint32_t>(batch.writable_data() + 17, base::crc32c(batch.bytes().subspan(21)));
    return base::Slice(std::move(batch));
}

class ProduceTest : public BrokerTest {
protected:
    void SetUp() override { start(); }
    Wire& wire() {
        if (!wire_) wire_ = &connect();
        return *wire_;
    }
    ApiError error_of(Target target, std::optional<base::Slice> records, int16_t version = 12) {
        return produce(wire(), target, std::move(records), version).error_code;
    }
    void expect_empty(std::string_view topic) {
        EXPECT_EQ(fetch(wire(), {.name = topic}).high_watermark, 0);
    }

private:
    Wire* wire_ = nullptr;
};

TEST_F(ProduceTest, GivesOffsetsOneAfterAnother) {
    create_topic(wire(), "t");
    EXPECT_EQ(produce(wire(), {.name = "t"}, batch_of({.records = 3})).base_offset, 0);
    EXPECT_EQ(produce(wire(), {.name = "t"}, batch_of({.records = 2})).base_offset, 3);
    EXPECT_EQ(produce(wire(), {.name = "t"}, batch_of({})).base_offset, 5);
}

TEST_F(ProduceTest, KeepsWhatWasAcknowledgedThroughAPowerCut) {
    create_topic(wire(), "t");
    EXPECT_EQ(error_of({.name = "t"}, batch_of({.records = 3})), ApiError::none);
    restart(sim::Crash::power_cut);
    EXPECT_EQ(fetch(connect(), {.name = "t"}).high_watermark, 3);
}

TEST_F(ProduceTest, RefusesAnUnknownTopic) {
    EXPECT_EQ(error_of({.name = "none"}, batch_of({})), ApiError::unknown_topic_or_partition);
}

TEST_F(ProduceTest, RefusesAnUnknownTopicId) {
    const base::Uuid id = base::Uuid::from_random(1, 2);
    EXPECT_EQ(error_of({.id = id}, batch_of({}), 13), ApiError::unknown_topic_id);
}

TEST_F(ProduceTest, RefusesAPartitionThatTheTopicLacks) {
    create_topic(wire(), "t", 2);
    EXPECT_EQ(error_of({.name = "t", .partition = 2}, batch_of({})),
              ApiError::unknown_topic_or_partition);
    EXPECT_EQ(error_of({.name = "t", .partition = -1}, batch_of({})),
              ApiError::unknown_topic_or_partition);
}

TEST_F(ProduceTest, DoesNotTakeATopicOfTheSameNameForTheOneThatWasDeleted) {
    const base::Uuid old = create_topic(wire(), "t");
    EXPECT_EQ(error_of({.id = old}, batch_of({}), 13), ApiError::none);
    delete_topic(wire(), old);
    EXPECT_EQ(error_of({.id = old}, batch_of({}), 13), ApiError::unknown_topic_id);
    const base::Uuid fresh = create_topic(wire(), "t");
    EXPECT_NE(old, fresh);
    EXPECT_EQ(error_of({.id = old}, batch_of({}), 13), ApiError::unknown_topic_id);
    EXPECT_EQ(produce(wire(), {.id = fresh}, batch_of({}), 13).base_offset, 0);
}

TEST_F(ProduceTest, RefusesAcknowledgementsThatDoNotExist) {
    create_topic(wire(), "t");
    for (const int16_t acks : std::initializer_list<int16_t>{2, -2}) {
        const auto response = wire().call(produce_request({.name = "t"}, batch_of({}), acks), 12);
        EXPECT_EQ(response.responses.at(0).partition_responses.at(0).error_code,
                  ApiError::invalid_required_acks);
    }
    expect_empty("t");
}

TEST_F(ProduceTest, AnswersEachPartitionForItself) {
    create_topic(wire(), "t");
    ProduceRequest request = produce_request({.name = "t"}, batch_of({}));
    auto& second = request.topic_data[0].partition_data.emplace_back();
    second.index = 7;
    second.records.emplace(batch_of({}));
    const auto answers = wire().call(request, 12).responses.at(0).partition_responses;
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0].error_code, ApiError::none);
    EXPECT_EQ(answers[1].error_code, ApiError::unknown_topic_or_partition);
    EXPECT_EQ(answers[1].base_offset, -1);
}

TEST_F(ProduceTest, RefusesABatchThatDoesNotMatchItsChecksum) {
    create_topic(wire(), "t");
    base::Buffer batch = log::testing::make_batch({});
    batch.writable_data()[batch.size() - 2] ^= std::byte{1};
    EXPECT_EQ(error_of({.name = "t"}, base::Slice(std::move(batch))), ApiError::corrupt_message);
    expect_empty("t");
}

TEST_F(ProduceTest, RefusesABatchThatEndsEarly) {
    create_topic(wire(), "t");
    const base::Slice whole = batch_of({.value = std::string(100, 'v')});
    for (const size_t size_bytes : {size_t{1}, size_t{60}, whole.size() - 1})
        EXPECT_NE(error_of({.name = "t"}, whole.part(0, size_bytes)), ApiError::none);
    expect_empty("t");
}

TEST_F(ProduceTest, RefusesNoBatchAndSeveral) {
    create_topic(wire(), "t");
    EXPECT_EQ(error_of({.name = "t"}, std::nullopt), ApiError::invalid_record);
    const std::string one(base::as_text(batch_of({}).bytes()));
    const auto two = base::Slice(base::Buffer::copy_of(base::as_bytes(one + one)));
    EXPECT_EQ(error_of({.name = "t"}, two), ApiError::invalid_record);
    expect_empty("t");
}

TEST_F(ProduceTest, RefusesCountsThatContradictEachOther) {
    create_topic(wire(), "t");
    // The last offset delta, the number of records.
    for (const int at : {23, 57}) {
        for (const int32_t wrong : {0, 7, -1, 2'000'000'000}) {
            const auto batch = spoiled({.records = 2}, [&](std::byte* bytes) {
                base::store_be<int32_t>(bytes + at, wrong);
            });
            EXPECT_EQ(error_of({.name = "t"}, batch), ApiError::invalid_record) << at << wrong;
        }
    }
    expect_empty("t");
}

TEST_F(ProduceTest, RefusesAnotherFormatVersion) {
    create_topic(wire(), "t");
    for (const int8_t magic : std::initializer_list<int8_t>{0, 1, 3}) {
        const auto batch = spoiled({}, [&](std::byte* bytes) {
            base::store_be<int8_t>(bytes + 16, magic);
        });
        EXPECT_EQ(error_of({.name = "t"}, batch), ApiError::invalid_record);
    }
}

TEST_F(ProduceTest, RefusesBatchesThatOnlyBrokersWrite) {
    create_topic(wire(), "t");
    constexpr int16_t kControl = 0x20;
    const auto batch = spoiled({}, [](std::byte* bytes) {
        base::store_be<int16_t>(bytes + 21, kControl);
    });
    EXPECT_EQ(error_of({.name = "t"}, batch), ApiError::invalid_record);
}

TEST_F(ProduceTest, RefusesAnUnknownCodec) {
    create_topic(wire(), "t");
    constexpr int16_t kUnknownCodec = 5;
    const auto batch = spoiled({}, [](std::byte* bytes) {
        base::store_be<int16_t>(bytes + 21, kUnknownCodec);
    });
    EXPECT_EQ(error_of({.name = "t"}, batch), ApiError::unsupported_compression_type);
}

TEST_F(ProduceTest, RefusesTimestampsOutsideTheTopicsBounds) {
    create_topic(wire(), "t", 1,
                 {{.name = "message.timestamp.before.max.ms", .value = "3600000"},
                  {.name = "message.timestamp.after.max.ms", .value = "3600000"}});
    const int64_t now_ms = base::to_unix_ms(server().clock().wall());
    const auto at = [](int64_t timestamp_ms) { return batch_of({.timestamp_ms = timestamp_ms}); };
    EXPECT_EQ(error_of({.name = "t"}, at(now_ms - 7'200'000)), ApiError::invalid_timestamp);
    EXPECT_EQ(error_of({.name = "t"}, at(now_ms + 7'200'000)), ApiError::invalid_timestamp);
    EXPECT_EQ(error_of({.name = "t"}, at(now_ms)), ApiError::none);
}

TEST_F(ProduceTest, NamesTheRecordsWhoseTimestampsAreWrong) {
    create_topic(wire(), "t", 1, {{.name = "message.timestamp.after.max.ms", .value = "1000"}});
    const int64_t now_ms = base::to_unix_ms(server().clock().wall());
    const auto answer = produce(
        wire(), {.name = "t"},
        batch_of({.records = 3, .timestamp_ms = now_ms - 10'000, .timestamp_step_ms = 10'000}));
    EXPECT_EQ(answer.error_code, ApiError::invalid_timestamp);
    ASSERT_EQ(answer.record_errors.size(), 1U);
    EXPECT_EQ(answer.record_errors[0].batch_index, 2);
}

TEST_F(ProduceTest, StampsRecordsOfATopicWithAppendTimes) {
    create_topic(wire(), "t", 1, {{.name = "message.timestamp.type", .value = "LogAppendTime"}});
    const int64_t now_ms = base::to_unix_ms(server().clock().wall());
    EXPECT_GE(produce(wire(), {.name = "t"}, batch_of({})).log_append_time_ms, now_ms);
}

TEST_F(ProduceTest, RefusesABatchAboveTheTopicsSize) {
    create_topic(wire(), "t", 1, {{.name = "max.message.bytes", .value = "1000"}});
    EXPECT_EQ(error_of({.name = "t"}, batch_of({.value = std::string(1000, 'v')})),
              ApiError::message_too_large);
    EXPECT_EQ(error_of({.name = "t"}, batch_of({.value = std::string(800, 'v')})), ApiError::none);
}

TEST_F(ProduceTest, RefusesRecordsWithoutKeysOnACompactedTopic) {
    create_topic(wire(), "t", 1, {{.name = "cleanup.policy", .value = "compact"}});
    const auto answer = produce(wire(), {.name = "t"}, batch_of({.records = 2}));
    EXPECT_EQ(answer.error_code, ApiError::invalid_record);
    EXPECT_EQ(answer.record_errors.size(), 2U);
}

TEST_F(ProduceTest, RefusesWhenTooFewReplicasAreInSync) {
    create_topic(wire(), "t", 1, {{.name = "min.insync.replicas", .value = "2"}});
    EXPECT_EQ(error_of({.name = "t"}, batch_of({})), ApiError::not_enough_replicas);
    const auto one = wire().call(produce_request({.name = "t"}, batch_of({}), 1), 12);
    EXPECT_EQ(one.responses.at(0).partition_responses.at(0).error_code, ApiError::none);
}

// --- Idempotence ---

BatchShape sequenced(int32_t sequence, int16_t epoch = 0, int64_t producer = 40) {
    return {.producer_id = producer, .producer_epoch = epoch, .base_sequence = sequence};
}

TEST_F(ProduceTest, StoresABatchThatIsSentAgainOnce) {
    create_topic(wire(), "t");
    for (int32_t i = 0; i < 3; ++i) produce(wire(), {.name = "t"}, batch_of(sequenced(i)));
    const auto again = produce(wire(), {.name = "t"}, batch_of(sequenced(1)));
    EXPECT_EQ(again.error_code, ApiError::none);
    EXPECT_EQ(again.base_offset, 1);
    EXPECT_EQ(fetch(wire(), {.name = "t"}).high_watermark, 3);
}

TEST_F(ProduceTest, StoresABatchThatIsSentAgainAfterACrashOnce) {
    create_topic(wire(), "t");
    produce(wire(), {.name = "t"}, batch_of(sequenced(0)));
    restart(sim::Crash::power_cut);
    Wire& later = connect();
    EXPECT_EQ(produce(later, {.name = "t"}, batch_of(sequenced(0))).base_offset, 0);
    EXPECT_EQ(fetch(later, {.name = "t"}).high_watermark, 1);
}

TEST_F(ProduceTest, RefusesAGapInAProducersSequence) {
    create_topic(wire(), "t");
    produce(wire(), {.name = "t"}, batch_of(sequenced(0)));
    EXPECT_EQ(error_of({.name = "t"}, batch_of(sequenced(2))),
              ApiError::out_of_order_sequence_number);
}

TEST_F(ProduceTest, SaysThatABatchIsKnownWhenItsPlaceIsForgotten) {
    create_topic(wire(), "t");
    for (int32_t i = 0; i < 10; ++i) produce(wire(), {.name = "t"}, batch_of(sequenced(i)));
    EXPECT_EQ(error_of({.name = "t"}, batch_of(sequenced(0))), ApiError::duplicate_sequence_number);
}

TEST_F(ProduceTest, RefusesAStaleProducerEpoch) {
    create_topic(wire(), "t");
    produce(wire(), {.name = "t"}, batch_of(sequenced(0, 1)));
    EXPECT_EQ(error_of({.name = "t"}, batch_of(sequenced(0, 0))), ApiError::invalid_producer_epoch);
}

TEST_F(ProduceTest, HandsOutProducerIdsThatNobodyEverHad) {
    std::set<int64_t> ids;
    for (int life = 0; life < 3; ++life) {
        Wire& client = connect();
        for (int i = 0; i < 5; ++i) {
            const auto response = client.call(InitProducerIdRequest{}, 4);
            EXPECT_EQ(response.error_code, ApiError::none);
            EXPECT_EQ(response.producer_epoch, 0);
            EXPECT_TRUE(ids.insert(response.producer_id).second) << response.producer_id;
        }
        restart(sim::Crash::power_cut);
    }
}

}  // namespace
}  // namespace polylog::kafka

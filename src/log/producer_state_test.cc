#include "log/producer_state.h"

#include <gtest/gtest.h>

#include "test/log/batches.h"

namespace polylog::log {
namespace {

using base::ErrorCode;
using model::BatchView;
using model::Offset;
using model::ProducerEpoch;
using model::ProducerId;

struct Sent {
    int16_t epoch = 0;
    int32_t sequence = 0;
    int64_t offset = 0;
    int32_t records = 1;
    int64_t timestamp_ms = 1000;
};

base::Buffer batch_of(Sent sent, int64_t producer_id = 42) {
    return testing::make_batch({.base_offset = sent.offset,
                                .records = sent.records,
                                .timestamp_ms = sent.timestamp_ms,
                                .producer_id = producer_id,
                                .producer_epoch = sent.epoch,
                                .base_sequence = sent.sequence});
}

class ProducerStateTest : public ::testing::Test {
protected:
    void remember(Sent sent, int64_t producer_id = 42) {
        state.remember(BatchView(batch_of(sent, producer_id).bytes()));
    }
    base::Result<std::optional<ProducerState::BatchRecord>> check(Sent sent,
                                                                  int64_t producer_id = 42) {
        return state.check(BatchView(batch_of(sent, producer_id).bytes()));
    }
    bool accepts(Sent sent, int64_t producer_id = 42) {
        const auto judged = check(sent, producer_id);
        return judged && !judged->has_value();
    }
    bool refuses(ErrorCode code, Sent sent) {
        const auto judged = check(sent);
        return !judged && judged.error() == code;
    }

    ProducerState state;
};

TEST_F(ProducerStateTest, BatchesWithoutAProducerAlwaysPassAndLeaveNoTrace) {
    EXPECT_TRUE(accepts({.sequence = -1}, -1));
    remember({.sequence = -1}, -1);
    EXPECT_TRUE(state.producers().empty());
}

TEST_F(ProducerStateTest, AnUnknownProducerMayStartAtAnySequence) {
    EXPECT_TRUE(accepts({.epoch = 3, .sequence = 777}));
}

TEST_F(ProducerStateTest, TheNextSequenceFollowsTheLastRecordOfTheLastBatch) {
    remember({.sequence = 5, .offset = 0, .records = 3});
    EXPECT_TRUE(accepts({.sequence = 8}));
    EXPECT_TRUE(refuses(ErrorCode::out_of_order_sequence, {.sequence = 9}));
    EXPECT_TRUE(refuses(ErrorCode::out_of_order_sequence, {.sequence = 7}));
}

TEST_F(ProducerStateTest, AnExactDuplicateIsAnsweredWithItsOriginalOffsets) {
    for (int32_t i = 0; i < 5; ++i)
        remember({.sequence = 10 * i, .offset = 100 + 10 * i, .records = 10});
    const auto duplicate = check({.sequence = 10, .offset = 999, .records = 10});
    ASSERT_TRUE(duplicate && duplicate->has_value());
    EXPECT_EQ((*duplicate)->first_offset, Offset{110});
    EXPECT_EQ((*duplicate)->last_offset, Offset{119});
    EXPECT_TRUE(refuses(ErrorCode::out_of_order_sequence, {.sequence = 10, .records = 9}));
}

TEST_F(ProducerStateTest, ADuplicateOlderThanWhatIsRememberedIsToldApartFromAGap) {
    for (int32_t i = 0; i < 7; ++i) remember({.sequence = i, .offset = i});
    EXPECT_TRUE(refuses(ErrorCode::duplicate_sequence, {.sequence = 1}));
    EXPECT_TRUE(check({.sequence = 2})->has_value());
    EXPECT_TRUE(refuses(ErrorCode::out_of_order_sequence, {.sequence = 8}));
}

TEST_F(ProducerStateTest, SequencesWrapFromTheGreatestIntegerToZero) {
    remember({.sequence = INT32_MAX, .offset = 0});
    EXPECT_TRUE(accepts({.sequence = 0}));

    remember({.sequence = 0, .offset = 1, .records = 2});
    EXPECT_TRUE(check({.sequence = INT32_MAX})->has_value());
    EXPECT_TRUE(refuses(ErrorCode::duplicate_sequence, {.sequence = INT32_MAX - 1}));
}

TEST_F(ProducerStateTest, ABatchMayWrapInItsMiddle) {
    remember({.sequence = INT32_MAX - 1, .offset = 0, .records = 4});
    EXPECT_EQ(state.producers().begin()->second.batches[0].last_sequence, 1);
    EXPECT_TRUE(accepts({.sequence = 2}));
}

TEST_F(ProducerStateTest, ALowerEpochIsFencedAndANewOneMustStartAtZero) {
    remember({.epoch = 3, .sequence = 0, .offset = 0});
    EXPECT_TRUE(refuses(ErrorCode::stale_producer_epoch, {.epoch = 2, .sequence = 1}));
    EXPECT_TRUE(refuses(ErrorCode::out_of_order_sequence, {.epoch = 4, .sequence = 1}));
    EXPECT_TRUE(accepts({.epoch = 4, .sequence = 0}));

    remember({.epoch = 4, .sequence = 0, .offset = 1});
    EXPECT_TRUE(accepts({.epoch = 4, .sequence = 1}));
    EXPECT_TRUE(refuses(ErrorCode::stale_producer_epoch, {.epoch = 3, .sequence = 0}));
}

TEST_F(ProducerStateTest, AMarkerRaisesTheEpochWithoutTakingASequence) {
    remember({.epoch = 3, .sequence = 0, .offset = 0});
    EXPECT_TRUE(accepts({.epoch = 3, .sequence = -1}));
    remember({.epoch = 3, .sequence = -1, .offset = 1});
    EXPECT_TRUE(accepts({.epoch = 3, .sequence = 1}));
    remember({.epoch = 4, .sequence = -1, .offset = 2});
    EXPECT_TRUE(refuses(ErrorCode::stale_producer_epoch, {.epoch = 3, .sequence = -1}));
    EXPECT_TRUE(refuses(ErrorCode::out_of_order_sequence, {.epoch = 4, .sequence = 2}));
    EXPECT_TRUE(accepts({.epoch = 4, .sequence = 0}));
}

TEST_F(ProducerStateTest, RememberingABatchTwiceChangesNothing) {
    for (int32_t i = 0; i < 7; ++i) remember({.sequence = i, .offset = i});
    const auto before = state.producers().begin()->second.batches;
    remember({.sequence = 4, .offset = 4});
    remember({.sequence = 6, .offset = 6});
    const auto after = state.producers().begin()->second.batches;
    for (size_t i = 0; i < before.size(); ++i)
        EXPECT_EQ(before[i].first_sequence, after[i].first_sequence);
}

TEST_F(ProducerStateTest, TruncationForgetsBatchesAtOrBehindTheNewEnd) {
    for (int32_t i = 0; i < 4; ++i) remember({.sequence = i, .offset = 10 * i, .records = 1});
    state.truncate(Offset{20});
    EXPECT_EQ(state.producers().begin()->second.batch_count, 2);
    EXPECT_TRUE(accepts({.sequence = 2}));
    state.truncate(Offset{0});
    EXPECT_TRUE(state.producers().empty());
}

TEST_F(ProducerStateTest, SilentProducersExpire) {
    remember({.sequence = 0, .offset = 0, .timestamp_ms = 1000}, 1);
    remember({.sequence = 0, .offset = 1, .timestamp_ms = 5000}, 2);
    state.expire(6000, 5000);
    EXPECT_EQ(state.producers().size(), 2u);
    state.expire(6001, 5000);
    ASSERT_EQ(state.producers().size(), 1u);
    EXPECT_EQ(state.producers().begin()->first, ProducerId{2});
}

TEST_F(ProducerStateTest, AProducerFromBeforeAllTimeExpires) {
    state.restore(ProducerId{1}, {.last_timestamp_ms = INT64_MIN});
    state.expire(6000, 5000);
    EXPECT_TRUE(state.producers().empty());
}

}  // namespace
}  // namespace polylog::log

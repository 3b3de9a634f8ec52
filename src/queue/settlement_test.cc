#include "queue/settlement.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/hex.h"

namespace polylog::queue {
namespace {

using model::Offset;

constexpr Moment kThen{.tick = {1'000'000}, .wall_ms = 1'700'000'000'000};

// The worked example of docs/formats/settlements.md.
constexpr std::string_view kDocumented =
    "01"
    "0080d095ffbc31"
    "050a03b1ea0101000002"
    "5404e1d403"
    "011505";

Range range(int64_t first, int64_t last) {
    return {{first}, {last}};
}

DeliveryCounts leased_once() {
    return {.first_leased_at_ms = kThen.wall_ms, .leased = 1};
}

base::Slice encode_one(SettlementBatch& batch, const Moment& now = kThen) {
    std::vector<base::Slice> records = batch.encode(now);
    EXPECT_EQ(records.size(), 1u);
    return records.empty() ? base::Slice() : records.front();
}

std::vector<Settlement> decode(const base::Slice& value, const Moment& now = kThen) {
    auto decoded = decode_settlements(value.bytes(), now);
    EXPECT_TRUE(decoded) << decoded.error().message();
    return decoded.value_or(std::vector<Settlement>{});
}

std::vector<Settlement> one_of_each() {
    const HandOff hand_off{.source = {.topic = {base::Uuid{{1, 2, 3}}}, .partition = {7}},
                           .offset = {99}};
    return {
        Position{.start = {4}, .cursor = {900}, .next_attempt = {40}},
        SettledBelow{{5}},
        Rewound{{6}},
        Released{range(8, 8), {}},
        Released{range(9, 12),
                 {.first_leased_at_ms = kThen.wall_ms - 5000, .leased = 3, .failed = 2}},
        Delayed{range(20, 20), {kThen.tick.value + 60'000}, {}},
        Delayed{range(21, 22), kNoDeadline, leased_once()},
        Leased{range(30, 39), {kThen.tick.value + 30'000}, {17}, leased_once()},
        Leased{range(50, 50), {kThen.tick.value + 30'000}, {27}, leased_once()},
        Leased{range(49, 49), kNoDeadline, {5}, leased_once()},
        Condemned{range(60, 61), DeathReason::expired, {}},
        Condemned{range(70, 70), DeathReason::rejected, leased_once()},
        Deduplicated{{.high = 0x0102030405060708, .low = UINT64_MAX},
                     {71},
                     {kThen.tick.value + 300'000}},
        DeduplicationCleared{},
        HandedOff{hand_off, {72}, {kThen.tick.value + 1'209'600'000}},
        HandOffForgotten{hand_off},
        Settled{range(100, 4'000'000'000)},
    };
}

TEST(Settlement, EncodesTheDocumentedExample) {
    SettlementBatch batch;
    batch.add(Settled{range(0, 4)});
    batch.add(Leased{range(5, 7), {kThen.tick.value + 30'000}, {1}, leased_once()});
    batch.add(Delayed{range(10, 10), {kThen.tick.value + 60'000}, {}});
    EXPECT_EQ(base::hex_encode(encode_one(batch).bytes()), kDocumented);
    EXPECT_TRUE(batch.empty());
}

TEST(Settlement, DecodesAllThatItEncodes) {
    SettlementBatch batch;
    for (const Settlement& settlement : one_of_each()) batch.add(settlement);
    EXPECT_EQ(decode(encode_one(batch)), one_of_each());
}

TEST(Settlement, ContinuationsBecomePartOfTheLastOne) {
    SettlementBatch batch;
    for (int64_t i = 0; i < 1000; ++i) {
        batch.add(Leased{range(i, i),
                         {kThen.tick.value + 30'000},
                         {static_cast<uint64_t>(i) + 1},
                         leased_once()});
        batch.add(Settled{range(i, i)});
    }
    EXPECT_EQ(batch.size(), 2u);
    const base::Slice value = encode_one(batch);
    EXPECT_LT(value.size(), 30u);
    EXPECT_EQ(decode(value),
              (std::vector<Settlement>{
                  Leased{range(0, 999), {kThen.tick.value + 30'000}, {1}, leased_once()},
                  Settled{range(0, 999)}}));
}

TEST(Settlement, WhatDiffersStaysApart) {
    SettlementBatch batch;
    batch.add(Leased{range(0, 0), {1}, {1}, leased_once()});
    batch.add(Leased{range(1, 1), {2}, {2}, leased_once()});  // another deadline
    batch.add(Leased{range(2, 2), {2}, {4}, leased_once()});  // an attempt is missing
    batch.add(Leased{range(4, 4), {2}, {5}, leased_once()});  // an offset is missing
    batch.add(Released{range(5, 5), {}});
    batch.add(Released{range(6, 6), leased_once()});
    EXPECT_EQ(batch.take().size(), 6u);
}

TEST(Settlement, MessagesSettledInAnyOrderAreOneRange) {
    SettlementBatch batch;
    for (const int64_t offset : {7, 3, 5, 4, 6, 3}) batch.add(Settled{range(offset, offset)});
    EXPECT_EQ(batch.take(), std::vector<Settlement>{Settled{range(3, 7)}});
}

TEST(Settlement, WhatWasSettledBeforeARewindStaysBeforeIt) {
    SettlementBatch batch;
    batch.add(Settled{range(3, 3)});
    batch.add(Rewound{{0}});
    batch.add(Settled{range(1, 1)});
    EXPECT_EQ(batch.take(),
              (std::vector<Settlement>{Settled{range(3, 3)}, Rewound{{0}}, Settled{range(1, 1)}}));
}

TEST(Settlement, AMessageSettledOutOfOrderTakesFewBytes) {
    SettlementBatch batch;
    for (int64_t i = 0; i < 1000; ++i) {
        const int64_t offset = 1'000'000'000 + i * 37;
        batch.add(Settled{range(offset, offset)});
    }
    EXPECT_LE(encode_one(batch).size(), 1000u * 3);
}

TEST(Settlement, ALargeBatchIsSeveralRecords) {
    SettlementBatch batch;
    for (int64_t i = 0; i < 50'000; ++i) batch.add(Settled{range(i * 2, i * 2)});
    const std::vector<base::Slice> records = batch.encode(kThen);
    EXPECT_GT(records.size(), 1u);
    int64_t expected = 0;
    for (const base::Slice& record : records) {
        EXPECT_LE(record.size(), kSettlementRecordBytesMax);
        for (const Settlement& settlement : decode(record)) {
            EXPECT_EQ(settlement, Settlement(Settled{range(expected * 2, expected * 2)}));
            ++expected;
        }
    }
    EXPECT_EQ(expected, 50'000);
}

Tick due_after(Moment read) {
    SettlementBatch batch;
    batch.add(Delayed{range(0, 0), {kThen.tick.value + 60'000}, {}});
    const auto decoded = decode(encode_one(batch), read);
    return decoded.empty() ? Tick{} : std::get<Delayed>(decoded.front()).due;
}

TEST(Settlement, TimeThatPassedWhileNobodyServedCounts) {
    EXPECT_EQ(due_after({.tick = {500}, .wall_ms = kThen.wall_ms + 20'000}), Tick{40'500});
    EXPECT_EQ(due_after({.tick = {500}, .wall_ms = kThen.wall_ms + 3'600'000}), Tick{500});
}

TEST(Settlement, AWallClockThatWasSetBackLengthensNothing) {
    EXPECT_EQ(due_after({.tick = {500}, .wall_ms = kThen.wall_ms - 3'600'000}), Tick{60'500});
}

TEST(Settlement, WhatIsOverWhenItIsWrittenIsDueAtOnce) {
    SettlementBatch batch;
    batch.add(Delayed{range(0, 0), {kThen.tick.value - 5}, {}});
    EXPECT_EQ(decode(encode_one(batch)),
              std::vector<Settlement>{Settlement(Delayed{range(0, 0), kThen.tick, {}})});
}

TEST(Settlement, RefusesEveryCut) {
    SettlementBatch batch;
    batch.add(Deduplicated{{.high = 1, .low = 2}, {71}, {kThen.tick.value + 300'000}});
    const base::Slice value = encode_one(batch);
    for (size_t size = 0; size < value.size(); ++size) {
        const auto decoded = decode_settlements(value.bytes().first(size), kThen);
        // Cut behind the version or the clock, it is a shorter record.
        EXPECT_TRUE(!decoded || decoded->empty()) << size;
    }
}

TEST(Settlement, RefusesWhatNobodyWrites) {
    const std::string_view malformed[] = {
        "",            // no version
        "02",          // a later version
        "010d",        // an unknown kind
        "01010000",    // an empty range
        "011101",      // a negative offset
        "018310",      // like an earlier entry that there is not
        "0143000a09",  // a clock without a time, then nothing known
        "01540005",    // a time without a clock
        "0101"
        "00"
        "ffffffffffffffff7f",  // beyond all offsets
    };
    for (const std::string_view hex : malformed) {
        const auto bytes = base::hex_decode(hex);
        ASSERT_TRUE(bytes) << hex;
        const auto decoded = decode_settlements(base::as_bytes(*bytes), kThen);
        ASSERT_FALSE(decoded) << hex;
        EXPECT_EQ(decoded.error(), base::ErrorCode::corrupt);
    }
}

}  // namespace
}  // namespace polylog::queue

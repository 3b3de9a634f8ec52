#include "queue/deduplication.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace polylog::queue {
namespace {

using model::Offset;

DeduplicationKey key(uint64_t n) {
    return deduplication_key(std::to_string(n));
}

HandOff hand_off(int64_t offset) {
    return {.source = {.topic = {base::Uuid{{9}}}, .partition = {1}}, .offset = {offset}};
}

void expire_all(Deduplication& table, Tick now) {
    while (table.expire(now, 7) == 7) {}
}

void copy(const Deduplication& from, Deduplication& to) {
    from.capture([&](const Settlement& settlement) { to.apply(settlement); });
}

TEST(Deduplication, FindsTheFirstOfEqualsWithinTheWindow) {
    Deduplication table;
    table.remember(key(1), Offset{10}, Tick{300'000});
    EXPECT_EQ(table.find(key(1)), Offset{10});
    EXPECT_EQ(table.find(key(2)), std::nullopt);
    expire_all(table, Tick{299'999});
    EXPECT_EQ(table.find(key(1)), Offset{10});
    expire_all(table, Tick{301'000});
    EXPECT_EQ(table.find(key(1)), std::nullopt);
    EXPECT_EQ(table.next_expiry(), std::nullopt);
}

TEST(Deduplication, KeysOfDifferentScopesDiffer) {
    EXPECT_NE(deduplication_key("id", "group a"), deduplication_key("id", "group b"));
    EXPECT_NE(deduplication_key("id", "group a"), deduplication_key("id"));
    EXPECT_EQ(deduplication_key("id", "group a"), deduplication_key("id", "group a"));
}

TEST(Deduplication, FindsEachOfManyWhileOthersAreForgotten) {
    Deduplication table;
    for (int64_t i = 0; i < 5'000; ++i) {
        table.remember(key(static_cast<uint64_t>(i)), Offset{i}, Tick{i * 10});
        if (i % 100 == 0) expire_all(table, Tick{(i - 1'000) * 10});
    }
    expire_all(table, Tick{40'000});
    for (int64_t i = 0; i < 5'000; ++i) {
        const auto found = table.find(key(static_cast<uint64_t>(i)));
        if (i * 10 >= 40'000) EXPECT_EQ(found, Offset{i});
        if (i * 10 < 39'000) EXPECT_EQ(found, std::nullopt) << i;
    }
    EXPECT_EQ(table.key_count(), 1'000u);
}

TEST(Deduplication, AKeyUsedAgainAfterItsWindowIsKnownForAnother) {
    Deduplication table;
    table.remember(key(1), Offset{10}, Tick{1'000});
    table.remember(key(1), Offset{20}, Tick{9'000});  // replayed, without expiry in between
    expire_all(table, Tick{5'000});
    EXPECT_EQ(table.find(key(1)), Offset{20});
    Deduplication again;
    copy(table, again);
    EXPECT_EQ(again.find(key(1)), Offset{20});
    expire_all(again, Tick{11'000});
    EXPECT_EQ(again.find(key(1)), std::nullopt);
}

TEST(Deduplication, AHandOffIsKnownUntilItsSourceForgetsIt) {
    Deduplication table;
    table.remember(hand_off(5), Offset{50}, Tick{1'000'000});
    table.remember(hand_off(6), Offset{60}, Tick{2'000'000});
    EXPECT_EQ(table.find(hand_off(5)), Offset{50});
    table.forget(hand_off(5));
    EXPECT_EQ(table.find(hand_off(5)), std::nullopt);
    EXPECT_EQ(table.next_expiry(), Tick{2'000'000});
    expire_all(table, Tick{2'000'000});
    EXPECT_EQ(table.find(hand_off(6)), std::nullopt);
}

TEST(Deduplication, APurgeForgetsKeysAndKeepsHandOffs) {
    Deduplication table;
    table.remember(key(1), Offset{10}, Tick{1'000});
    table.remember(hand_off(5), Offset{50}, Tick{1'000});
    table.clear();
    EXPECT_EQ(table.find(key(1)), std::nullopt);
    EXPECT_EQ(table.find(hand_off(5)), Offset{50});
    table.remember(key(2), Offset{11}, Tick{1'000});
    EXPECT_EQ(table.find(key(2)), Offset{11});
}

TEST(Deduplication, IsTheSameAfterASnapshotAndAfterItsLog) {
    Deduplication table;
    std::vector<Settlement> log;
    for (int64_t i = 0; i < 300; ++i) {
        log.push_back(
            table.remember(key(static_cast<uint64_t>(i % 200)), Offset{i}, Tick{i * 100}));
        if (i % 3 == 0) log.push_back(table.remember(hand_off(i), Offset{i}, Tick{i * 100}));
        if (i % 6 == 0) log.push_back(table.forget(hand_off(i)));
        if (i == 20) log.push_back(table.clear());
    }
    Deduplication captured;
    copy(table, captured);
    Deduplication replayed;
    for (const Settlement& one : log) replayed.apply(one);
    for (size_t i = log.size() / 2; i < log.size(); ++i) replayed.apply(log[i]);
    for (const Tick now : {Tick{0}, Tick{12'345}, Tick{29'000}, Tick{40'000}}) {
        for (Deduplication* each : {&table, &captured, &replayed}) expire_all(*each, now);
        for (int64_t i = 0; i < 300; ++i) {
            const DeduplicationKey one = key(static_cast<uint64_t>(i));
            EXPECT_EQ(captured.find(one), table.find(one));
            EXPECT_EQ(replayed.find(one), table.find(one));
            EXPECT_EQ(captured.find(hand_off(i)), table.find(hand_off(i)));
            EXPECT_EQ(replayed.find(hand_off(i)), table.find(hand_off(i)));
        }
    }
}

TEST(Deduplication, ForgetsWhatTheLogLost) {
    Deduplication table;
    table.remember(key(1), Offset{10}, Tick{1'000});
    table.remember(key(2), Offset{11}, Tick{1'000});
    table.remember(hand_off(5), Offset{12}, Tick{1'000});
    EXPECT_FALSE(table.clip(Offset{13}));
    EXPECT_TRUE(table.clip(Offset{11}));
    EXPECT_EQ(table.find(key(1)), Offset{10});
    EXPECT_EQ(table.find(key(2)), std::nullopt);
    EXPECT_EQ(table.find(hand_off(5)), std::nullopt);
}

TEST(Deduplication, AKeyTakesAtMost36Bytes) {
    Deduplication table;
    for (int64_t i = 0; i < 50'000; ++i) {
        table.remember({.high = 1, .low = static_cast<uint64_t>(i) * 0x9E3779B97F4A7C15ull},
                       Offset{i}, Tick{i});
    }
    EXPECT_LE(table.size_bytes() / 50'000, 36u);
}

}  // namespace
}  // namespace polylog::queue

#include "base/log_sink.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polylog::base {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Collects a sink's lines; refuses them while `full`.
struct Collector {
    std::vector<std::string> lines;
    bool full = false;

    LineLogSink::WriteLine writer() {
        return [this](std::string_view line) {
            if (!full) lines.emplace_back(line);
            return !full;
        };
    }
};

WallTime at(Duration since_start) {
    return from_unix_ms(1'767'355'200'000) + since_start;
}

LogRecord record(std::string_view event, Duration since_start, LogLevel level = LogLevel::info) {
    return {.time = at(since_start),
            .level = level,
            .component = "test",
            .event = event,
            .message = event,
            .fields = {}};
}

TEST(RepeatLimiter, LetsTheFirstOfAWindowThroughAndCountsTheRest) {
    RepeatLimiter limiter;
    for (uint64_t i = 0; i < RepeatLimiter::kRecordsPerWindow; ++i) {
        EXPECT_TRUE(limiter.admit(record("storm", 0s)));
    }
    EXPECT_FALSE(limiter.admit(record("storm", 1s)));
    EXPECT_FALSE(limiter.admit(record("storm", 2s)));
    EXPECT_TRUE(limiter.admit(record("calm", 2s)));
    EXPECT_TRUE(limiter.take_ended(at(9s)).empty());
    const auto repeats = limiter.take_ended(at(10s));
    ASSERT_EQ(repeats.size(), 1u);
    EXPECT_EQ(repeats[0].record.event, "storm");
    EXPECT_EQ(repeats[0].count, 2u);
    EXPECT_TRUE(limiter.take_ended(at(20s)).empty());
    EXPECT_TRUE(limiter.admit(record("storm", 10s)));
}

TEST(RepeatLimiter, TellsComponentsApart) {
    RepeatLimiter limiter;
    LogRecord other = record("storm", 0s);
    other.component = "other";
    for (int i = 0; i < 50; ++i) limiter.admit(record("storm", 0s));
    EXPECT_TRUE(limiter.admit(other));
}

TEST(RepeatLimiter, NeverHoldsBackWhatWasTurnedOnByHand) {
    RepeatLimiter limiter;
    for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(limiter.admit(record("detail", 0s, LogLevel::debug)));
    }
}

TEST(RepeatLimiter, AClockSetBackEndsTheWindow) {
    RepeatLimiter limiter;
    for (int i = 0; i < 50; ++i) limiter.admit(record("storm", 0s));
    EXPECT_EQ(limiter.take_ended(at(-1h)).size(), 1u);
    EXPECT_TRUE(limiter.admit(record("storm", -1h)));
}

TEST(LineLogSink, SumsRepeatsUpWhenTheirWindowIsOver) {
    Collector collector;
    LineLogSink sink(LogFormat::text, [] { return at(0s); }, collector.writer());
    for (int i = 0; i < 100; ++i) sink.write(record("storm", 0s, LogLevel::warn));
    EXPECT_EQ(collector.lines.size(), RepeatLimiter::kRecordsPerWindow);
    sink.write(record("calm", 10s));
    ASSERT_EQ(collector.lines.size(), RepeatLimiter::kRecordsPerWindow + 2);
    EXPECT_EQ(collector.lines[10], "12:00:10.000 WARN  test    storm  repeats=90\n");
    EXPECT_EQ(collector.lines[11], "12:00:10.000 INFO  test    calm\n");
}

TEST(LineLogSink, WritesHeldBackRepeatsBeforeItGoes) {
    Collector collector;
    {
        LineLogSink sink(LogFormat::text, [] { return at(3s); }, collector.writer());
        for (int i = 0; i < 11; ++i) sink.write(record("storm", 0s));
    }
    EXPECT_EQ(collector.lines.back(), "12:00:03.000 INFO  test    storm  repeats=1\n");
}

TEST(LineLogSink, ReportsDroppedLinesWhenWritingWorksAgain) {
    Collector collector;
    LineLogSink sink(LogFormat::text, [] { return at(0s); }, collector.writer());
    collector.full = true;
    sink.write(record("one", 0s));
    sink.write(record("two", 0s));
    collector.full = false;
    sink.write(record("three", 0s));
    sink.write(record("four", 0s));
    EXPECT_THAT(collector.lines, ElementsAre(HasSubstr("log lines were dropped: their reader is "
                                                       "slow  lines=2\n"),
                                             HasSubstr("three"), HasSubstr("four")));
}

}  // namespace
}  // namespace polylog::base

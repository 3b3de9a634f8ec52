#include "base/logging.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log_format.h"

namespace polylog::base {
namespace {

using testing::ElementsAre;

// Keeps what it is given, as text, at a time that the test sets.
class RecordingSink : public LogSink {
public:
    RecordingSink() : LogSink([this] { return time; }) {}
    void write(const LogRecord& record) override {
        append_log_line(lines.emplace_back(), record, LogFormat::text);
    }

    WallTime time = from_unix_ms(43'200'000);
    std::vector<std::string> lines;
};

TEST(Logger, HandsRecordsToTheInstalledSinkAtTheSinksTime) {
    RecordingSink sink;
    const InstalledLogSink installed(sink);
    const Logger logger("groups");
    logger.info("group_rebalanced", "group rebalanced", {{"group", "billing"}, {"gen", 14}});
    sink.time += 1ms;
    logger.error("group_lost", "group lost");
    EXPECT_THAT(sink.lines,
                ElementsAre("12:00:00.000 INFO  groups  group rebalanced  group=billing gen=14\n",
                            "12:00:00.001 ERROR groups  group lost\n"));
}

TEST(Logger, TheInnermostInstalledSinkWins) {
    RecordingSink outer;
    RecordingSink inner;
    const InstalledLogSink outer_installed(outer);
    {
        const InstalledLogSink inner_installed(inner);
        Logger("sinks").info("started", "started");
    }
    Logger("sinks").info("stopped", "stopped");
    EXPECT_EQ(inner.lines.size(), 1u);
    EXPECT_EQ(outer.lines.size(), 1u);
}

TEST(Logger, LevelsChangeLiveForEveryLoggerOfTheComponent) {
    RecordingSink sink;
    const InstalledLogSink installed(sink);
    const Logger first("levels");
    const Logger second("levels");
    const Logger other("levels2");
    first.debug("probe", "probe");
    EXPECT_TRUE(sink.lines.empty());
    EXPECT_TRUE(set_log_level("levels", LogLevel::trace));
    first.debug("probe", "probe");
    second.trace("probe", "probe");
    other.debug("probe", "probe");
    EXPECT_EQ(sink.lines.size(), 2u);
    EXPECT_TRUE(set_log_level("levels", LogLevel::error));
    second.warn("probe", "probe");
    EXPECT_EQ(sink.lines.size(), 2u);
    EXPECT_TRUE(first.enabled(LogLevel::error));
    EXPECT_FALSE(first.enabled(LogLevel::warn));
}

TEST(Logger, AStarChangesComponentsThatAreThereAndThoseToCome) {
    const Logger before("star_before");
    EXPECT_TRUE(set_log_level("*", LogLevel::warn));
    const Logger after("star_after");
    EXPECT_FALSE(before.enabled(LogLevel::info));
    EXPECT_FALSE(after.enabled(LogLevel::info));
    EXPECT_TRUE(set_log_level("*", LogLevel::info));
    EXPECT_TRUE(after.enabled(LogLevel::info));
}

TEST(Logger, AnUnknownComponentIsAnErrorThatNamesTheNearest) {
    const Logger logger("replication");
    const auto result = set_log_level("replicaton", LogLevel::debug);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), ErrorCode::invalid_config);
    EXPECT_EQ(result.error().detail(),
              "no log component 'replicaton'; did you mean 'replication'?");
    EXPECT_FALSE(logger.enabled(LogLevel::debug));
}

TEST(Logger, ListsTheLevels) {
    const Logger logger("listed");
    ASSERT_TRUE(set_log_level("listed", LogLevel::debug));
    bool found = false;
    for (const auto& [component, level] : log_levels()) {
        found |= component == "listed" && level == LogLevel::debug;
    }
    EXPECT_TRUE(found);
}

TEST(LogLevel, ReadsBackItsName) {
    using enum LogLevel;
    for (const LogLevel level : {trace, debug, info, warn, error}) {
        EXPECT_EQ(parse_log_level(to_string(level)), level);
    }
    EXPECT_FALSE(parse_log_level("INFO"));
    EXPECT_FALSE(parse_log_level(""));
}

}  // namespace
}  // namespace polylog::base

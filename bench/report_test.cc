#include "bench/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace polylog::bench {
namespace {

using testing::HasSubstr;

LoadResult one_second_of_two_million_messages() {
    LoadResult result;
    result.seconds = 1;
    result.requests = 125'000;
    result.messages = 2'000'000;
    result.bytes = 2'000'000'000;
    result.latency.record(1'000);
    result.server_cpu_seconds = 0.5;
    result.client_cpu_seconds = 1;
    return result;
}

TEST(JsonLine, KeepsTheOrderAndEscapesText) {
    JsonLine line;
    line.text("name", "a\"b\\c\n").integer("count", 3).number("rate", 1.5).truth("on", true);
    EXPECT_EQ(line.str(), R"({"name":"a\"b\\c\u000a","count":3,"rate":1.5,"on":true})");
}

TEST(JsonLine, WritesNullForWhatIsNoNumber) {
    JsonLine line;
    line.number("a", std::numeric_limits<double>::quiet_NaN())
        .number("b", std::numeric_limits<double>::infinity());
    EXPECT_EQ(line.str(), R"({"a":null,"b":null})");
}

TEST(Report, GivesServerCpuPerMillionMessagesAndPerGigabyte) {
    const LoadShape shape{.server_pid = 1};
    JsonLine line;
    add_result(line, shape, one_second_of_two_million_messages());
    EXPECT_THAT(line.str(),
                HasSubstr(R"("server_cpu_s_per_million":0.25,"server_cpu_s_per_gb":0.25)"));
    EXPECT_THAT(line.str(), HasSubstr(R"("messages_per_s":2e+06)"));
    EXPECT_THAT(line.str(), HasSubstr(R"("p50_us":1,)"));
}

TEST(Report, LeavesServerCpuOpenWhenNoProcessWasNamed) {
    JsonLine line;
    add_result(line, LoadShape{}, one_second_of_two_million_messages());
    EXPECT_THAT(line.str(), HasSubstr(R"("server_cpu_s_per_million":null)"));
}

TEST(Report, DescribesAnEmptyRunWithoutDividingByZero) {
    JsonLine line;
    add_result(line, LoadShape{.server_pid = 1}, LoadResult{});
    EXPECT_THAT(line.str(), HasSubstr(R"("messages_per_s":null)"));
}

}  // namespace
}  // namespace polylog::bench

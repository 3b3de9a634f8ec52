#include "base/log_format.h"

#include <string>

#include <gtest/gtest.h>

#include "base/json.h"

namespace polylog::base {
namespace {

using Offset = Strong<struct OffsetTag, int64_t>;

std::string line(LogFormat format, std::initializer_list<LogField> fields) {
    std::string text;
    const LogRecord record{.time = from_unix_ms(1'767'355'201'123),
                           .level = LogLevel::info,
                           .component = "groups",
                           .event = "group_rebalanced",
                           .message = "group rebalanced",
                           .fields = {fields.begin(), fields.size()}};
    append_log_line(text, record, format);
    return text;
}

std::string text_value(LogValue value) {
    const std::string text = line(LogFormat::text, {{"v", value}});
    const size_t at = text.find("v=");
    return text.substr(at + 2, text.size() - at - 3);
}

std::string json_value(LogValue value) {
    const std::string text = line(LogFormat::json, {{"v", value}});
    const size_t at = text.find(R"("v)");
    return text.substr(at, text.size() - at - 2);
}

TEST(LogFormat, TextIsOneAlignedLine) {
    EXPECT_EQ(line(LogFormat::text, {{"group", "billing"}, {"gen", 14}, {"took", 41ms}}),
              "12:00:01.123 INFO  groups  group rebalanced  group=billing gen=14 took=41ms\n");
    EXPECT_EQ(line(LogFormat::text, {}), "12:00:01.123 INFO  groups  group rebalanced\n");
}

TEST(LogFormat, JsonIsOneObjectPerLine) {
    EXPECT_EQ(line(LogFormat::json, {{"group", "billing"}, {"gen", 14}}),
              R"({"ts":"2026-01-02T12:00:01.123Z","level":"info","comp":"groups",)"
              R"("event":"group_rebalanced","msg":"group rebalanced","group":"billing","gen":14})"
              "\n");
}

TEST(LogFormat, TextShowsEveryTypeOfValue) {
    EXPECT_EQ(text_value(true), "true");
    EXPECT_EQ(text_value(-7), "-7");
    EXPECT_EQ(text_value(UINT64_MAX), "18446744073709551615");
    EXPECT_EQ(text_value(0.25), "0.25");
    EXPECT_EQ(text_value(41'239us), "41.2ms");
    EXPECT_EQ(text_value(Offset{42}), "42");
    EXPECT_EQ(text_value(ErrorCode::disk_full), "disk_full");
    const Error error(ErrorCode::corrupt, "bad magic");
    EXPECT_EQ(text_value(error), "\"corrupt: bad magic\"");
    EXPECT_EQ(text_value(std::string("abc")), "abc");
}

TEST(LogFormat, JsonKeepsTheTypes) {
    EXPECT_EQ(json_value(true), R"("v":true)");
    EXPECT_EQ(json_value(Offset{42}), R"("v":42)");
    EXPECT_EQ(json_value(0.25), R"("v":0.25)");
    EXPECT_EQ(json_value(41'250us), R"("v_ms":41.25)");
    EXPECT_EQ(json_value(2s), R"("v_ms":2000)");
    EXPECT_EQ(json_value("a b"), R"("v":"a b")");
    const Error error(ErrorCode::corrupt, "bad magic");
    EXPECT_EQ(json_value(error), R"("v":"corrupt: bad magic")");
}

TEST(LogFormat, TextQuotesWhatWouldBeAmbiguous) {
    EXPECT_EQ(text_value(""), R"("")");
    EXPECT_EQ(text_value("a b"), R"("a b")");
    EXPECT_EQ(text_value("a=b"), R"("a=b")");
    EXPECT_EQ(text_value(R"(a"b\)"), R"("a\"b\\")");
    EXPECT_EQ(text_value("caf\xC3\xA9"), "caf\xC3\xA9");
}

// A client chooses its id; it must not be able to forge a line, or to talk to the terminal.
TEST(LogFormat, TextEscapesControlCharactersAndBrokenUtf8) {
    EXPECT_EQ(text_value("a\n12:00 ERROR"), R"("a\x0a12:00 ERROR")");
    EXPECT_EQ(text_value("\x1B[2J"), R"("\x1b[2J")");
    EXPECT_EQ(text_value("\x7F"), R"("\x7f")");
    EXPECT_EQ(text_value("\xC2\x9BJ"), R"("\xc2\x9bJ")");
    EXPECT_EQ(text_value("\xC2\xA0"), "\xC2\xA0");
    EXPECT_EQ(text_value("\xFF"), R"("\xff")");
}

TEST(LogFormat, JsonIsValidWhateverTheBytes) {
    std::string hostile;
    for (int i = 0; i < 256; ++i) hostile.push_back(static_cast<char>(i));
    const std::string text = line(LogFormat::json, {{"v", hostile}});
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    EXPECT_TRUE(Json::parse(text, text.size()));
}

TEST(LogFormat, CutsLongValuesBetweenCharacters) {
    EXPECT_EQ(text_value(std::string(kMaxLoggedValueBytes, 'a')).size(), kMaxLoggedValueBytes);
    const std::string long_value = std::string(kMaxLoggedValueBytes - 1, 'a') + "\xC3\xA9" + "bc";
    const std::string expected = "\"" + std::string(kMaxLoggedValueBytes - 1, 'a') +
                                 "... (4 bytes more)\"";
    EXPECT_EQ(text_value(long_value), expected);
    EXPECT_EQ(json_value(long_value), "\"v\":" + expected);
}

}  // namespace
}  // namespace polylog::base

#include "base/json_writer.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/json.h"

namespace polylog::base {
namespace {

template <class T>
std::string written(const T& value) {
    std::string text;
    JsonWriter(text).value(value);
    return text;
}

TEST(JsonWriter, SeparatesAndNestsItems) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("name", "orders").key("offsets").begin_array();
    json.value(1).value(int64_t{-2}).begin_object().end_object().begin_array().end_array().null();
    json.end_array().field("durable", true).end_object();
    EXPECT_EQ(text, R"({"name":"orders","offsets":[1,-2,{},[],null],"durable":true})");
}

TEST(JsonWriter, PrettyPutsOneItemPerLine) {
    std::string text;
    JsonWriter json(text, JsonWriter::Style::pretty);
    json.begin_object().field("a", 1).key("b").begin_array().value(2).value(3).end_array();
    json.key("c").begin_object().end_object().end_object();
    EXPECT_EQ(text, "{\n  \"a\": 1,\n  \"b\": [\n    2,\n    3\n  ],\n  \"c\": {}\n}");
}

TEST(JsonWriter, AppendsToWhatIsThere) {
    std::string text = "data: ";
    JsonWriter(text).value("x");
    EXPECT_EQ(text, R"(data: "x")");
}

TEST(JsonWriter, WritesTheExtremesOfNumbers) {
    EXPECT_EQ(written(INT64_MIN), "-9223372036854775808");
    EXPECT_EQ(written(UINT64_MAX), "18446744073709551615");
    EXPECT_EQ(written(uint8_t{255}), "255");
    EXPECT_EQ(written(0.1), "0.1");
    EXPECT_EQ(written(1e300), "1e+300");
    EXPECT_EQ(written(2500.0), "2500");
    EXPECT_EQ(written(-0.0), "0");
    EXPECT_EQ(written(std::numeric_limits<double>::denorm_min()), "5e-324");
    EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(written(std::numeric_limits<double>::quiet_NaN()), "null");
}

// Digits alone would look like an integer of more than 64 bits, which Json refuses.
TEST(JsonWriter, WritesLargeRealNumbersWithAnExponent) {
    EXPECT_EQ(written(18446744073709551616.0), "1.8446744073709552e+19");
    EXPECT_EQ(written(-1e20), "-1e+20");
    EXPECT_EQ(written(9007199254740991.0), "9007199254740991");
    EXPECT_TRUE(Json::parse(written(18446744073709551616.0), 100));
}

TEST(JsonWriter, EscapesWhatTheRfcAsksFor) {
    EXPECT_EQ(written("a\"b\\c/\n\r\t\b\x1F\x7F"), R"("a\"b\\c/\n\r\t\u0008\u001f\u007f")");
    EXPECT_EQ(written(std::string_view("\0", 1)), R"("\u0000")");
    EXPECT_EQ(written("h\xC3\xA9 \xF0\x9F\x98\x80"), "\"h\xC3\xA9 \xF0\x9F\x98\x80\"");
}

TEST(JsonWriter, ReplacesBytesThatAreNotUtf8) {
    EXPECT_EQ(written("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
    EXPECT_EQ(written("\xC3"), "\"\xEF\xBF\xBD\"");
    EXPECT_EQ(written("\xED\xA0\x80\n"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\\n\"");
}

TEST(JsonWriter, WritesATreeThatWasRead) {
    const std::string text = R"({"a":[1,-2.5,"x\n",null,true],"b":{}})";
    EXPECT_EQ(written(*Json::parse(text, 100)), text);
}

TEST(JsonWriter, NumbersOfATreeKeepEveryDigit) {
    const std::string text = "[-0,2.50,1E+2,123456789012345678901234567890,1e999]";
    EXPECT_EQ(written(*Json::parse(text, 100)), text);
}

TEST(JsonWriterDeathTest, ImpossibleNestingAborts) {
    std::string text;
    EXPECT_DEATH(JsonWriter(text).begin_object().end_array(), "check failed");
    EXPECT_DEATH(JsonWriter(text).begin_array().key("a"), "check failed");
    EXPECT_DEATH(JsonWriter(text).begin_object().key("a").end_object(), "check failed");
    EXPECT_DEATH(JsonWriter(text).end_array(), "check failed");
    EXPECT_DEATH(JsonWriter(text).begin_object().value(1), "check failed");
}

}  // namespace
}  // namespace polylog::base

#include "base/json.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace polylog::base {
namespace {

constexpr size_t kMaxBytes = 1000;

Json parsed(std::string_view text) {
    auto json = Json::parse(text, kMaxBytes);
    EXPECT_TRUE(json) << text;
    return *json;
}

std::string nested(size_t depth, std::string_view innermost) {
    return std::string(depth, '[') + std::string(innermost) + std::string(depth, ']');
}

TEST(Json, ReadsEveryKindOfValue) {
    EXPECT_EQ(parsed("null").kind(), Json::Kind::null);
    EXPECT_EQ(parsed(" true ").as<bool>(), true);
    EXPECT_EQ(parsed("-9223372036854775808").as<int64_t>(), INT64_MIN);
    EXPECT_EQ(parsed("2.5e3").as<double>(), 2500);
    EXPECT_EQ(parsed("7").as<double>(), 7);
    EXPECT_EQ(parsed(R"("a\u00e9\n\ud83d\ude00")").as<std::string_view>(),
              "a\xC3\xA9\n\xF0\x9F\x98\x80");
    EXPECT_EQ(parsed("[]").kind(), Json::Kind::array);
    EXPECT_EQ(parsed("{}").kind(), Json::Kind::object);
}

TEST(Json, DoesNotConvertBetweenKinds) {
    EXPECT_FALSE(parsed("1").as<bool>());
    EXPECT_FALSE(parsed("1.0").as<int64_t>());
    EXPECT_FALSE(parsed("\"1\"").as<int64_t>());
    EXPECT_FALSE(parsed("null").as<std::string_view>());
    EXPECT_FALSE(parsed("true").as<double>());
}

TEST(Json, IntegersBeyondInt64AreReal) {
    EXPECT_EQ(parsed("9223372036854775808").kind(), Json::Kind::real);
    EXPECT_EQ(parsed("18446744073709551615").as<double>(), 18446744073709551616.0);
    EXPECT_EQ(parsed("18446744073709551616").as<double>(), 18446744073709551616.0);
}

TEST(Json, NumbersKeepEveryDigitTheyWereWrittenWith) {
    for (const std::string_view number :
         {"0", "-0", "7", "-9223372036854775808", "123456789012345678901234567890", "2.50", "1E+2",
          "-0.1234567890123456789012345", "1e-999", "1e999"}) {
        EXPECT_EQ(parsed(number).number_text(), number);
    }
    std::vector<std::string> written;
    for (const Json& element : parsed("[1 ,\t2.0\n,3e0]").elements()) {
        written.emplace_back(element.number_text());
    }
    EXPECT_EQ(written, (std::vector<std::string>{"1", "2.0", "3e0"}));
    for (const std::string_view other : {"null", "true", "\"1\"", "[1]", "{}"}) {
        EXPECT_EQ(parsed(other).number_text(), "");
    }
}

TEST(Json, NumbersOutsideTheRangeOfDoublesAreZeroOrNone) {
    EXPECT_EQ(parsed("1e-999").as<double>(), 0);
    EXPECT_EQ(parsed("1e999").as<double>(), std::nullopt);
    EXPECT_EQ(parsed("-1e999").as<double>(), std::nullopt);
    EXPECT_EQ(parsed("{\"a\":1e999}").get<double>("a").error(), ErrorCode::invalid_request);
}

TEST(Json, IteratesInTheOrderOfTheText) {
    const Json json = parsed(R"({"b":[1,[2,3],{"x":4},5],"a":{},"c":"z"})");
    std::vector<std::string> names;
    for (const auto& [name, value] : json.members()) names.emplace_back(name);
    EXPECT_EQ(names, (std::vector<std::string>{"b", "a", "c"}));
    EXPECT_EQ(json.size(), 3u);

    std::vector<Json::Kind> kinds;
    for (const Json& element : json.get<Json>("b")->elements()) kinds.push_back(element.kind());
    using enum Json::Kind;
    EXPECT_EQ(kinds, (std::vector<Json::Kind>{integer, array, object, integer}));
    EXPECT_EQ(json.get<Json>("b")->size(), 4u);
    EXPECT_EQ(json.get<std::string_view>("c").value(), "z");
}

TEST(Json, OfAnotherKindHasNoItems) {
    for (const std::string_view text : {"1", "\"x\"", "null", "[]", "{}"}) {
        const Json json = parsed(text);
        EXPECT_EQ(json.size(), 0u);
        for (const Json& element : json.elements()) FAIL() << static_cast<int>(element.kind());
        for (const JsonMember& member : json.members()) FAIL() << member.name;
    }
    EXPECT_EQ(parsed("[1]").members().begin() == parsed("[1]").members().end(), true);
}

TEST(Json, GetNamesTheMemberThatIsMissingOrWrong) {
    const Json json = parsed(R"({"gen":"14","n":null,"ok":1})");
    EXPECT_EQ(json.get<int64_t>("ok").value(), 1);
    EXPECT_EQ(json.get<int64_t>("gen").error().message(),
              "invalid_request: JSON member 'gen' must be an integer of 64 bits");
    EXPECT_EQ(json.get<bool>("no").error().detail(), "JSON member 'no' is missing");
    EXPECT_EQ(json.get<bool>("n").error().detail(), "JSON member 'n' is missing");
    EXPECT_EQ(parsed("[]").get<bool>("x").error(), ErrorCode::invalid_request);
}

TEST(Json, GetOptionalForgivesAbsenceButNotTheWrongKind) {
    const Json json = parsed(R"({"n":null,"ok":1})");
    EXPECT_EQ(json.get_optional<int64_t>("ok").value(), 1);
    EXPECT_EQ(json.get_optional<int64_t>("n").value(), std::nullopt);
    EXPECT_EQ(json.get_optional<int64_t>("no").value(), std::nullopt);
    EXPECT_EQ(json.get_optional<bool>("ok").error(), ErrorCode::invalid_request);
}

TEST(Json, TheLastOfRepeatedNamesCounts) {
    EXPECT_EQ(parsed(R"({"a":1,"b":[],"a":2})").get<int64_t>("a").value(), 2);
}

TEST(Json, ValuesOutliveTheTextAndTheRoot) {
    std::optional<Json> inner;
    {
        std::string text = R"({"a":{"b":"kept"}})";
        inner = parsed(text).get<Json>("a").value();
        text.assign(text.size(), '!');
    }
    EXPECT_EQ(inner->get<std::string_view>("b").value(), "kept");
}

TEST(Json, RefusesMalformedTexts) {
    for (const std::string_view text : {"",       " ",       "{",           "[1,]",
                                        "[1 2]",  "{\"a\"}", "{\"a\":1,}",  "{a:1}",
                                        "'a'",    "01",      "+1",          "1.",
                                        ".5",     "nul",     "true false",  "[1]]",
                                        "\"\n\"", "\"\\x\"", "\"\\ud800\"", "\"\xFF\"",
                                        "\"a",    "NaN",     "// c\n1",     "\xEF\xBB\xBFnull",
                                        "]",      "1,2",     "1],[2",       "-",
                                        "1e",     "-01",     "1.e2",        "truefalse",
                                        "[1}",    "[,1]",    "{\"a\":}",    "{1:2}",
                                        "[[1]",   "nulls",   "{\"a\":1 2}", "[1,,2]"}) {
        const auto json = Json::parse(text, kMaxBytes);
        ASSERT_FALSE(json) << text;
        EXPECT_EQ(json.error(), ErrorCode::invalid_request);
    }
}

TEST(Json, AcceptsTheDepthLimitAndRefusesOneMore) {
    EXPECT_TRUE(Json::parse(nested(Json::kMaxDepth, ""), kMaxBytes));
    EXPECT_TRUE(Json::parse(nested(Json::kMaxDepth, "1"), kMaxBytes));
    EXPECT_FALSE(Json::parse(nested(Json::kMaxDepth + 1, ""), kMaxBytes));
    EXPECT_FALSE(Json::parse(nested(Json::kMaxDepth + 1, "1"), kMaxBytes));
    EXPECT_FALSE(Json::parse(nested(Json::kMaxDepth, "{\"a\":1}"), kMaxBytes));
    EXPECT_FALSE(Json::parse(std::string(kMaxBytes, '['), kMaxBytes));
}

TEST(Json, RefusesTextsOverTheSizeLimitBeforeReadingThem) {
    EXPECT_TRUE(Json::parse("[1]", 3));
    EXPECT_EQ(Json::parse("[1]", 2).error(), ErrorCode::message_too_large);
}

}  // namespace
}  // namespace polylog::base

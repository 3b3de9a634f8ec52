#include "model/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polylog::model {
namespace {

using base::ErrorCode;
using testing::HasSubstr;
using enum ConfigChange::Operation;

constexpr std::string_view kColours[] = {"red", "green", "blue"};

ConfigKey integer_key() {
    return {.name = "count", .type = ConfigType::int32, .min = 1, .max = 9, .or_value = -1};
}

ConfigKey list_key() {
    return {.name = "colours", .type = ConfigType::list, .choices = kColours};
}

ConfigKeys some_keys() {
    return ConfigKeys("test", {integer_key(),
                               list_key(),
                               {.name = "fixed", .read_only = true},
                               {.name = "retention.ms", .type = ConfigType::int64}});
}

std::string canonical(const ConfigKey& key, std::string_view text) {
    const auto value = parse_config(key, text);
    return value ? to_text(*value) : value.error().message();
}

TEST(Config, IntegersAreReadWithinTheirRange) {
    const ConfigKey key = integer_key();
    EXPECT_EQ(canonical(key, "1"), "1");
    EXPECT_EQ(canonical(key, " 9 \n"), "9");
    EXPECT_EQ(canonical(key, "-1"), "-1") << "the value outside the range that is accepted too";
    for (const char* text : {"0", "10", "-2", "", "x", "1x", "1.0", "99999999999999999999"}) {
        const auto value = parse_config(key, text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error(), ErrorCode::invalid_config);
    }
}

TEST(Config, IntegersDoNotExceedTheirType) {
    const ConfigKey narrow{.name = "n", .type = ConfigType::int16};
    EXPECT_EQ(canonical(narrow, "32767"), "32767");
    EXPECT_FALSE(parse_config(narrow, "32768"));
    const ConfigKey wide{.name = "n", .type = ConfigType::int64};
    EXPECT_EQ(canonical(wide, "9223372036854775807"), "9223372036854775807");
    EXPECT_FALSE(parse_config(wide, "9223372036854775808"));
}

TEST(Config, BooleansIgnoreCaseAndBlanks) {
    const ConfigKey key{.name = "flag", .type = ConfigType::boolean};
    EXPECT_EQ(canonical(key, " TRUE"), "true");
    EXPECT_EQ(canonical(key, "False "), "false");
    EXPECT_FALSE(parse_config(key, "yes"));
    EXPECT_FALSE(parse_config(key, ""));
}

TEST(Config, NumbersWithAPointAreFiniteAndInRange) {
    const ConfigKey key{.name = "ratio", .type = ConfigType::float64, .min = 0, .max = 1};
    EXPECT_EQ(canonical(key, "0.5"), "0.5");
    EXPECT_EQ(canonical(key, "1"), "1.0");
    for (const char* text : {"1.1", "-0.1", "nan", "inf", "", "half"}) {
        EXPECT_FALSE(parse_config(key, text)) << text;
    }
}

TEST(Config, ListsDropBlanksAndRefuseStrangersAndRepeats) {
    const ConfigKey key = list_key();
    EXPECT_EQ(canonical(key, "blue , red"), "blue,red");
    EXPECT_EQ(canonical(key, "  "), "") << "an empty list is a list";
    for (const char* text : {"blue,", ",", "blue,,red", "pink", "red,red", "Blue"}) {
        EXPECT_FALSE(parse_config(key, text)) << text;
    }
}

TEST(Config, ARefusedValueIsExplained) {
    EXPECT_EQ(
        canonical(integer_key(), "12"),
        "invalid_config: '12' is not a value for count: it takes an integer from 1 to 9 or -1");
    EXPECT_EQ(canonical(list_key(), "pink"),
              "invalid_config: 'pink' is not a value for colours: it takes a comma-separated list "
              "of red, "
              "green, blue, each at most once");
}

TEST(Config, ARefusedValueIsQuotedOnlyInPart) {
    const auto value = parse_config(integer_key(), std::string(100'000, '9'));
    ASSERT_FALSE(value);
    EXPECT_LT(value.error().detail().size(), 300u);
}

TEST(Config, ARefusedSecretIsNotQuoted) {
    const ConfigKey key{.name = "pin", .type = ConfigType::int32, .sensitive = true};
    const auto value = parse_config(key, "hunter2");
    ASSERT_FALSE(value);
    EXPECT_THAT(std::string(value.error().detail()), testing::Not(HasSubstr("hunter2")));
}

TEST(Config, AnUnknownNameIsAnsweredWithTheNearestKnownOne) {
    const ConfigKeys keys = some_keys();
    const auto key = keys.require("retention.mss");
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().message(),
              "invalid_config: there is no test configuration 'retention.mss': did "
              "you mean 'retention.ms'?");
}

TEST(Config, ANameLikeNoOtherIsNotGuessedAt) {
    const ConfigKeys keys = some_keys();
    for (const std::string& name :
         {std::string("xyzzy"), std::string(), std::string(1 << 20, 'x')}) {
        const auto key = keys.require(name);
        ASSERT_FALSE(key);
        EXPECT_THAT(std::string(key.error().detail()), testing::Not(HasSubstr("did you mean")));
        EXPECT_LT(key.error().detail().size(), 300u);
    }
}

TEST(Config, ChangesSetAndReset) {
    const std::vector<ConfigChange> changes{{"count", set, " 3 "},
                                            {"retention.ms", reset, std::nullopt}};
    const auto altered = apply_changes(some_keys(), {{"retention.ms", "5"}, {"colours", "red"}},
                                       changes, {});
    ASSERT_TRUE(altered);
    EXPECT_EQ(*altered, (ConfigMap{{"colours", "red"}, {"count", "3"}}));
}

TEST(Config, AppendAndSubtractEditTheListInEffect) {
    struct Case {
        const char* why;
        ConfigMap own;
        ConfigChange change;
        const char* result;
    };
    const Case cases[] = {
        {"own value", {{"colours", "red"}}, {"colours", append, "green,red"}, "red,green"},
        {"inherited value", {}, {"colours", append, "red"}, "blue,red"},
        {"own value", {{"colours", "red,green"}}, {"colours", subtract, "red,blue"}, "green"},
        {"inherited value", {}, {"colours", subtract, "blue"}, ""},
    };
    for (const Case& c : cases) {
        const auto altered = apply_changes(some_keys(), c.own, {{c.change}}, {{"colours", "blue"}});
        ASSERT_TRUE(altered) << c.why;
        EXPECT_EQ(altered->at("colours"), c.result) << c.why;
    }
}

TEST(Config, ChangesThatMakeNoSenseAreRefused) {
    struct Case {
        std::vector<ConfigChange> changes;
        ErrorCode error;
    };
    const Case cases[] = {
        {{{"count", append, "1"}}, ErrorCode::invalid_config},
        {{{"count", set, "0"}}, ErrorCode::invalid_config},
        {{{"colours", append, "pink"}}, ErrorCode::invalid_config},
        {{{"unknown", set, "1"}}, ErrorCode::invalid_config},
        {{{"unknown", reset, std::nullopt}}, ErrorCode::invalid_config},
        {{{"count", set, std::nullopt}}, ErrorCode::invalid_request},
        {{{"count", set, "1"}, {"count", reset, std::nullopt}}, ErrorCode::invalid_request},
        {{{"fixed", set, "x"}}, ErrorCode::invalid_request},
    };
    for (const Case& c : cases) {
        const auto altered = apply_changes(some_keys(), {}, c.changes, {});
        ASSERT_FALSE(altered) << c.changes[0].name;
        EXPECT_EQ(altered.error().code(), c.error) << altered.error().message();
    }
}

TEST(Config, SecretsLeaveNoEntry) {
    const ConfigEntry shown = without_secrets(
        {.name = "pin",
         .value = "1234",
         .sensitive = true,
         .synonyms = {{"pin", "1234", ConfigSource::static_broker}}});
    EXPECT_FALSE(shown.value);
    EXPECT_FALSE(shown.synonyms[0].value);
    EXPECT_EQ(without_secrets({.name = "port", .value = "9092"}).value, "9092");
}

}  // namespace
}  // namespace polylog::model

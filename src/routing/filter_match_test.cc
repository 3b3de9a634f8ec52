#include "routing/filter_match.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "routing/field_values.h"

namespace polylog::routing {
namespace {

using Type = MessageAttribute::Type;

FilterPolicy parsed(std::string_view text, FilterScope scope) {
    auto policy = FilterPolicy::parse(text, scope);
    EXPECT_TRUE(policy) << text << ": " << policy.error().message();
    return *std::move(policy);
}

bool takes_body(std::string_view policy, std::string_view body) {
    return matches(parsed(policy, FilterScope::body), {.body = body});
}

bool takes(std::string_view policy, const std::vector<MessageAttribute>& attributes) {
    return matches(parsed(policy, FilterScope::attributes), {.attributes = attributes});
}

// Whether one rule takes one value of a body, as JSON.
bool rule_takes(const std::string& rule, const std::string& value) {
    return takes_body("{\"k\":[" + rule + "]}", "{\"k\":" + value + "}");
}

TEST(FilterMatch, LiteralsEqualValuesOfTheirKind) {
    EXPECT_TRUE(rule_takes(R"("a")", R"("a")"));
    EXPECT_TRUE(rule_takes(R"("\u0041")", R"("A")"));
    EXPECT_FALSE(rule_takes(R"("a")", R"("A")"));
    EXPECT_FALSE(rule_takes(R"("a")", R"("ab")"));
    EXPECT_FALSE(rule_takes("1", R"("1")"));
    EXPECT_FALSE(rule_takes(R"("1")", "1"));
    EXPECT_TRUE(rule_takes("301.5", "3.015e2"));
    EXPECT_FALSE(rule_takes("301.5", "301.50001"));
    EXPECT_TRUE(rule_takes("301.5", "301.500001"));
    EXPECT_TRUE(rule_takes("true", "true"));
    EXPECT_FALSE(rule_takes("true", "false"));
    EXPECT_FALSE(rule_takes("true", R"("true")"));
    EXPECT_TRUE(rule_takes("null", "null"));
    EXPECT_FALSE(rule_takes("null", "0"));
    EXPECT_FALSE(rule_takes("null", "{}"));
    EXPECT_TRUE(rule_takes(R"("a","b")", R"("b")"));
}

TEST(FilterMatch, BigNumbersAreComparedDigitByDigit) {
    EXPECT_TRUE(rule_takes("123456789012345678901234567890", "123456789012345678901234567890"));
    EXPECT_FALSE(rule_takes("123456789012345678901234567890", "123456789012345678901234567891"));
    EXPECT_TRUE(rule_takes(R"({"numeric":[">",1e9]})", "123456789012345678901234567890"));
    EXPECT_FALSE(rule_takes(R"({"numeric":["<",1e9]})", "1e999"));
    EXPECT_TRUE(rule_takes(R"({"numeric":["<",-1e9]})", "-1e999"));
}

TEST(FilterMatch, PrefixAndSuffix) {
    EXPECT_TRUE(rule_takes(R"({"prefix":"bas"})", R"("baseball")"));
    EXPECT_FALSE(rule_takes(R"({"prefix":"bas"})", R"("Baseball")"));
    EXPECT_FALSE(rule_takes(R"({"prefix":"bas"})", R"("ba")"));
    EXPECT_TRUE(rule_takes(R"({"prefix":""})", R"("")"));
    EXPECT_FALSE(rule_takes(R"({"prefix":""})", "1"));
    EXPECT_TRUE(rule_takes(R"({"suffix":"ball"})", R"("baseball")"));
    EXPECT_FALSE(rule_takes(R"({"suffix":"ball"})", R"("balls")"));
    EXPECT_FALSE(rule_takes(R"({"suffix":"1"})", "1"));
}

TEST(FilterMatch, EqualsIgnoreCaseAndWildcard) {
    EXPECT_TRUE(rule_takes(R"({"equals-ignore-case":"TENNIS"})", R"("tenNis")"));
    EXPECT_TRUE(rule_takes(R"({"equals-ignore-case":"ÉTÉ"})", R"("été")"));
    EXPECT_FALSE(rule_takes(R"({"equals-ignore-case":"tennis"})", R"("tennis ")"));
    EXPECT_TRUE(rule_takes(R"({"wildcard":"order-*-eu"})", R"("order-17-eu")"));
    EXPECT_FALSE(rule_takes(R"({"wildcard":"order-*-eu"})", R"("order-17-us")"));
    EXPECT_FALSE(rule_takes(R"({"wildcard":"*"})", "1"));
}

TEST(FilterMatch, NumericComparesNumbersOnly) {
    EXPECT_TRUE(rule_takes(R"({"numeric":["=",301.5]})", "301.50"));
    EXPECT_TRUE(rule_takes(R"({"numeric":["<",0]})", "-1"));
    EXPECT_FALSE(rule_takes(R"({"numeric":["<",0]})", "0"));
    EXPECT_TRUE(rule_takes(R"({"numeric":["<=",0]})", "0"));
    EXPECT_TRUE(rule_takes(R"({"numeric":[">",0,"<=",150]})", "150"));
    EXPECT_FALSE(rule_takes(R"({"numeric":[">",0,"<=",150]})", "0"));
    EXPECT_FALSE(rule_takes(R"({"numeric":[">",0,"<=",150]})", "150.00001"));
    EXPECT_TRUE(rule_takes(R"({"numeric":[">",0,"<=",150]})", "150.000009"));
    EXPECT_TRUE(rule_takes(R"({"numeric":[">=",1000]})", "1000"));
    EXPECT_FALSE(rule_takes(R"({"numeric":[">=",1000]})", R"("1000")"));
    EXPECT_FALSE(rule_takes(R"({"numeric":["<",1]})", "null"));
}

TEST(FilterMatch, CidrTakesAddressesInTheBlock) {
    EXPECT_TRUE(rule_takes(R"({"cidr":"10.0.0.0/24"})", R"("10.0.0.255")"));
    EXPECT_FALSE(rule_takes(R"({"cidr":"10.0.0.0/24"})", R"("10.0.1.0")"));
    EXPECT_FALSE(rule_takes(R"({"cidr":"10.0.0.0/24"})", R"("host")"));
    EXPECT_TRUE(rule_takes(R"({"cidr":"2001:db8::/32"})", R"("2001:db8:1::1")"));
}

TEST(FilterMatch, AnythingButTakesSomeValueThatMatchesNone) {
    EXPECT_TRUE(rule_takes(R"({"anything-but":"rugby"})", R"("tennis")"));
    EXPECT_FALSE(rule_takes(R"({"anything-but":"rugby"})", R"("rugby")"));
    EXPECT_FALSE(rule_takes(R"({"anything-but":["rugby","tennis"]})", R"("tennis")"));
    EXPECT_TRUE(rule_takes(R"({"anything-but":["rugby","tennis"]})", R"(["rugby","baseball"])"));
    EXPECT_FALSE(rule_takes(R"({"anything-but":["rugby","tennis"]})", R"(["rugby","tennis"])"));
    EXPECT_TRUE(rule_takes(R"({"anything-but":[100,500]})", "100.1"));
    EXPECT_FALSE(rule_takes(R"({"anything-but":[100,500]})", "1e2"));
    EXPECT_TRUE(rule_takes(R"({"anything-but":"100"})", "100"));
    EXPECT_FALSE(rule_takes(R"({"anything-but":{"prefix":"bas"}})", R"("baseball")"));
    EXPECT_TRUE(rule_takes(R"({"anything-but":{"prefix":"bas"}})", R"("rugby")"));
    EXPECT_FALSE(rule_takes(R"({"anything-but":{"suffix":"ball"}})", R"("baseball")"));
    EXPECT_FALSE(rule_takes(R"({"anything-but":{"wildcard":"*a*a*"}})", R"("baseball")"));
    EXPECT_TRUE(rule_takes(R"({"anything-but":{"wildcard":"*a*a*"}})", R"("football")"));
    EXPECT_FALSE(rule_takes(R"({"anything-but":{"equals-ignore-case":["A","B"]}})", R"("b")"));
    EXPECT_FALSE(takes_body(R"({"k":[{"anything-but":"rugby"}]})", R"({"x":"tennis"})"));
}

TEST(FilterMatch, ExistsLooksForAKeyWithValues) {
    const std::string_view present = R"({"k":[{"exists":true}]})";
    const std::string_view absent = R"({"k":[{"exists":false}]})";
    for (const std::string_view body : {R"({"k":1})", R"({"k":false})", R"({"k":["",1]})"}) {
        EXPECT_TRUE(takes_body(present, body)) << body;
        EXPECT_FALSE(takes_body(absent, body)) << body;
    }
    for (const std::string_view body : {"{}", R"({"x":1})", R"({"k":[]})", R"({"k":{"x":1}})",
                                        R"({"k":[[],[]]})", R"({"k":{}})"}) {
        EXPECT_FALSE(takes_body(present, body)) << body;
        EXPECT_TRUE(takes_body(absent, body)) << body;
    }
    // There, but neither a value nor absence.
    for (const std::string_view body : {R"({"k":null})", R"({"k":""})", R"({"k":[null,""]})"}) {
        EXPECT_FALSE(takes_body(present, body)) << body;
        EXPECT_FALSE(takes_body(absent, body)) << body;
    }
}

TEST(FilterMatch, RulesOfAKeyAreAlternativesAndKeysAddUp) {
    const std::string_view
        policy = R"({"store":["a",{"prefix":"b"}],"event":[{"anything-but":"x"}]})";
    EXPECT_TRUE(takes_body(policy, R"({"store":"bb","event":"y"})"));
    EXPECT_TRUE(takes_body(policy, R"({"store":"a","event":1,"more":2})"));
    EXPECT_FALSE(takes_body(policy, R"({"store":"c","event":"y"})"));
    EXPECT_FALSE(takes_body(policy, R"({"store":"a"})"));
}

TEST(FilterMatch, OrTakesEitherBranch) {
    const std::string_view policy =
        R"({"$or":[{"metricName":["CPUUtilization","ReadLatency"]},{"namespace":["EC2","ES"]}],)"
        R"("detail":{"scope":["Service"],"$or":[{"source":["watch"]},{"type":["Alarm"]}]}})";
    const auto body = [](std::string_view outer, std::string_view detail) {
        return "{" + std::string(outer) + ",\"detail\":{" + std::string(detail) + "}}";
    };
    const std::string_view metric = R"("metricName":"ReadLatency")";
    EXPECT_TRUE(takes_body(policy, body(metric, R"("scope":"Service","source":"watch")")));
    EXPECT_TRUE(
        takes_body(policy, body(R"("namespace":"ES")", R"("scope":"Service","type":"Alarm")")));
    EXPECT_FALSE(takes_body(policy, body(metric, R"("scope":"watch","type":"Alarm")")));
    EXPECT_FALSE(takes_body(policy, body(metric, R"("scope":"Service","type":"ReadLatency")")));
    EXPECT_FALSE(takes_body(policy, body(metric, R"("type":"Alarm")")));
    EXPECT_FALSE(takes_body(policy, body(metric, R"("scope":"Service")")));
    EXPECT_FALSE(takes_body(policy, body(R"("namespace":"ReadLatency")",
                                         R"("scope":"Service","type":"Alarm")")));
}

TEST(FilterMatch, DottedKeysEqualNestedKeys) {
    for (const std::string_view policy :
         {R"({"object.nested.test":["v"]})", R"({"object":{"nested":{"test":["v"]}}})",
          R"({"object":{"nested.test":["v"]}})"}) {
        for (const std::string_view body :
             {R"({"object":{"nested":{"test":"v"}}})", R"({"object.nested.test":"v"})",
              R"({"object.nested":{"test":"v"}})", R"({"object":{"nested.test":"v"}})"}) {
            EXPECT_TRUE(takes_body(policy, body)) << policy << body;
        }
        EXPECT_FALSE(takes_body(policy, R"({"object":{"nested":{"test":"w"}}})"));
        EXPECT_FALSE(takes_body(policy, R"({"object":{"nestedtest":"v"},"test":"v"})"));
        EXPECT_FALSE(takes_body(policy, R"({"object":{"nested":{"test":{"x":"v"}}}})"));
    }
}

TEST(FilterMatch, ElementsOfArraysStandForTheArray) {
    const std::string_view route = R"({"headers":{"route-to":["queue1"]}})";
    EXPECT_TRUE(takes_body(route, R"({"headers":{"route-to":["queue1","queue2"]}})"));
    EXPECT_FALSE(takes_body(route, R"({"headers":{"route-to":["queue2","queue3"]}})"));
    EXPECT_FALSE(takes_body(route, R"({"headers":{"route-to":[]}})"));

    const std::string_view records = R"({"Records":{"s3":{"object":{"key":[{"prefix":"auto-"}]}},)"
                                     R"("eventName":[{"prefix":"ObjectCreated:"}]}})";
    EXPECT_TRUE(takes_body(
        records,
        R"({"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":[[{"key":"auto-1"}]]}},)"
        R"({"eventName":"ObjectRemoved:Delete","s3":{"object":{"key":"home-1"}}}]})"));
    EXPECT_FALSE(takes_body(
        records,
        R"({"Records":[{"eventName":"ObjectRemoved:Delete","s3":{"object":{"key":"auto-1"}}}]})"));
}

TEST(FilterMatch, BodiesThatAreNoObjectMatchNothing) {
    for (const std::string_view body : {"", "text", R"("text")", "[]", R"([{"x":1}])", "1", "null",
                                        R"({"x":1)", "{\"x\":\"\xFF\"}"}) {
        EXPECT_FALSE(takes_body(R"({"k":[{"exists":false}]})", body)) << body;
        EXPECT_TRUE(takes_body("{}", body)) << body;
    }
}

TEST(FilterMatch, HostileBodiesAreBounded) {
    const std::string_view policy = R"({"k":{"x":[{"exists":false}]}})";
    const std::string deep(base::Json::kMaxDepth, '[');
    EXPECT_FALSE(takes_body(policy, "{\"k\":" + deep));
    const std::string spaces(FieldValues::kMaxBodyBytes, ' ');
    EXPECT_FALSE(takes_body(policy, "{}" + spaces));
    EXPECT_TRUE(takes_body(policy, "{}" + spaces.substr(2)));

    std::string many = "{\"a\":[0";
    for (size_t each = 1; each < FieldValues::kMaxValues; ++each) many += ",0";
    EXPECT_TRUE(takes_body(R"({"a":[0]})", many + "]}"));
    EXPECT_FALSE(takes_body(R"({"a":[0]})", many + ",0]}"));
    EXPECT_TRUE(takes_body(R"({"b":[0]})", many + ",0],\"b\":0}"));
}

TEST(FilterMatch, AttributesHaveTheirTypes) {
    const std::string_view number = R"({"price":[{"numeric":[">=",100]}]})";
    EXPECT_TRUE(takes(number, {{"price", Type::number, "210.75"}}));
    EXPECT_TRUE(takes(number, {{"price", Type::number, "2.1075e2"}}));
    EXPECT_FALSE(takes(number, {{"price", Type::number, "99.99999"}}));
    EXPECT_FALSE(takes(number, {{"price", Type::string, "210.75"}}));
    EXPECT_TRUE(takes(R"({"price":[210.75]})", {{"price", Type::number, "210.750"}}));
    EXPECT_FALSE(takes(R"({"price":["210.75"]})", {{"price", Type::number, "210.75"}}));
    EXPECT_TRUE(takes(R"({"price":["210.75"]})", {{"price", Type::string, "210.75"}}));
    EXPECT_FALSE(takes(R"({"paid":[true]})", {{"paid", Type::string, "true"}}));
    EXPECT_TRUE(takes(R"({"paid":[true]})", {{"paid", Type::array, "[true]"}}));
}

TEST(FilterMatch, AnArrayAttributeMatchesByItsElements) {
    const std::string_view policy = R"({"k":["rugby",7,null]})";
    EXPECT_TRUE(takes(policy, {{"k", Type::array, R"(["tennis","rugby"])"}}));
    EXPECT_TRUE(takes(policy, {{"k", Type::array, R"(["tennis",7.0])"}}));
    EXPECT_TRUE(takes(policy, {{"k", Type::array, R"([null])"}}));
    EXPECT_TRUE(takes(policy, {{"k", Type::array, R"([["rugby"]])"}}));
    EXPECT_FALSE(takes(policy, {{"k", Type::array, R"(["tennis",8])"}}));
    EXPECT_TRUE(takes(R"({"k":[{"anything-but":"rugby"}]})",
                      {{"k", Type::array, R"(["rugby","tennis"])"}}));
    EXPECT_FALSE(takes(R"({"k":[{"exists":true}]})", {{"k", Type::array, "[]"}}));
    EXPECT_TRUE(takes(R"({"k":[{"exists":false}]})", {{"k", Type::array, "[]"}}));
}

TEST(FilterMatch, AnAttributeThatCannotBeReadSatisfiesNoRule) {
    const std::string_view policy =
        R"({"k":[{"exists":true},{"exists":false},{"anything-but":"x"},null,{"prefix":""}]})";
    for (const std::string_view array : {"", "x", "{}", R"("a")", "[1,", R"(["a",{"b":1}])"}) {
        EXPECT_FALSE(takes(policy, {{"k", Type::array, array}})) << array;
    }
    EXPECT_FALSE(takes(policy, {{"k", Type::number, "many"}}));
    EXPECT_TRUE(takes(policy, {{"k", Type::number, "1"}}));
}

TEST(FilterMatch, BinaryAttributesAreAsGoodAsAbsent) {
    const std::string_view absent = R"({"k":[{"exists":false}]})";
    EXPECT_TRUE(takes(absent, {{"k", Type::binary, "a"}, {"x", Type::string, "a"}}));
    EXPECT_FALSE(takes(R"({"k":["a"]})", {{"k", Type::binary, "a"}}));
}

TEST(FilterMatch, WithoutAttributesNoConditionHolds) {
    EXPECT_FALSE(takes(R"({"k":[{"exists":false}]})", {}));
    EXPECT_FALSE(takes(R"({"k":[{"exists":false}]})", {{"x", Type::binary, "a"}}));
    EXPECT_TRUE(takes(R"({"k":[{"exists":false}]})", {{"x", Type::string, "a"}}));
    EXPECT_TRUE(takes("{}", {}));
    EXPECT_FALSE(takes(R"({"k":[null,{"anything-but":"whatever"}]})", {}));
}

}  // namespace
}  // namespace polylog::routing

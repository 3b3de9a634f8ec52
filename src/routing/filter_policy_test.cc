#include "routing/filter_policy.h"

#include <string>

#include <gtest/gtest.h>

namespace polylog::routing {
namespace {

// The text that a policy is refused with; empty when it is taken.
std::string refusal(std::string_view text, FilterScope scope = FilterScope::attributes) {
    const auto policy = FilterPolicy::parse(text, scope);
    if (policy) return "";
    EXPECT_EQ(policy.error(), base::ErrorCode::invalid_request);
    return std::string(policy.error().detail());
}

std::string refusal_of_rule(const std::string& rule) {
    return refusal("{\"key\":[" + rule + "]}");
}

// [1,2,...,count]
std::string array_of(size_t count) {
    std::string text = "[";
    for (size_t each = 1; each <= count; ++each) {
        text += (each == 1 ? "" : ",") + std::to_string(each);
    }
    return text + "]";
}

FilterPolicy parsed(std::string_view text, FilterScope scope = FilterScope::attributes) {
    auto policy = FilterPolicy::parse(text, scope);
    EXPECT_TRUE(policy) << policy.error().message();
    return *std::move(policy);
}

// "a&b | c": the keys of each alternative.
std::string keys_of(const FilterPolicy& policy) {
    std::string text;
    for (const auto& alternative : policy.alternatives()) {
        if (!text.empty()) text += " | ";
        for (const uint32_t number : alternative) {
            if (!text.empty() && text.back() != ' ') text += "&";
            text += policy.conditions()[number].key;
        }
    }
    return text;
}

TEST(FilterPolicy, TakesEveryRuleOfTheGrammar) {
    for (const std::string_view rule : {R"("text")",
                                        "\"\"",
                                        "1",
                                        "-2.5e3",
                                        "true",
                                        "false",
                                        "null",
                                        R"({"prefix":"a"})",
                                        R"({"prefix":""})",
                                        R"({"suffix":"a"})",
                                        R"({"equals-ignore-case":"a"})",
                                        R"({"wildcard":"a*b"})",
                                        R"({"cidr":"10.0.0.0/8"})",
                                        R"({"cidr":"2001:db8::/32"})",
                                        R"({"exists":true})",
                                        R"({"exists":false})",
                                        R"({"numeric":["=",0]})",
                                        R"({"numeric":["<",1]})",
                                        R"({"numeric":["<=",1e9]})",
                                        R"({"numeric":[">",-1000000000]})",
                                        R"({"numeric":[">=",1.5]})",
                                        R"({"numeric":[">",0,"<",1]})",
                                        R"({"numeric":[">=",0,"<=",1]})",
                                        R"({"anything-but":"a"})",
                                        R"({"anything-but":1})",
                                        R"({"anything-but":["a","b"]})",
                                        R"({"anything-but":[1,2.5]})",
                                        R"({"anything-but":{"prefix":"a"}})",
                                        R"({"anything-but":{"suffix":"a"}})",
                                        R"({"anything-but":{"wildcard":"*a"}})",
                                        R"({"anything-but":{"prefix":["a","b"]}})",
                                        R"({"anything-but":{"equals-ignore-case":["a","b"]}})"}) {
        EXPECT_EQ(refusal_of_rule(std::string(rule)), "") << rule;
    }
}

TEST(FilterPolicy, RefusesWhatIsNoRule) {
    EXPECT_EQ(refusal_of_rule(R"(["value"])"),
              "Match value must be String, number, true, false, or null");
    EXPECT_EQ(refusal_of_rule(R"({"wrong-operator":true})"),
              "Unrecognized match type wrong-operator");
    EXPECT_EQ(refusal_of_rule(R"({"suffix":"value","prefix":"value2"})"),
              "Only one key allowed in match expression");
    EXPECT_EQ(refusal_of_rule("{}"), "Match expression name not found");
    EXPECT_EQ(refusal_of_rule(R"({"exists":true,"prefix":"a"})"),
              "Only one key allowed in match expression");
    EXPECT_EQ(refusal_of_rule(R"({"numeric":["=",1],"prefix":"a"})"),
              "Too many elements in numeric expression");
    EXPECT_EQ(refusal_of_rule(R"({"anything-but":"x","prefix":"a"})"),
              "Too many elements in numeric expression");
}

TEST(FilterPolicy, StringOperatorsWantAString) {
    for (const std::string name : {"prefix", "suffix", "equals-ignore-case", "wildcard"}) {
        for (const std::string operand : {"100", "null", "[]", R"(["a","b"])", "true", "{}"}) {
            EXPECT_EQ(refusal_of_rule("{\"" + name + "\":" + operand + "}"),
                      name + " match pattern must be a string");
        }
    }
    EXPECT_EQ(refusal_of_rule(R"({"cidr":1})"), "prefix match pattern must be a string");
    EXPECT_EQ(refusal_of_rule(R"({"cidr":"10.0.0.0"})"), "Malformed CIDR, one '/' required");
    EXPECT_EQ(refusal_of_rule(R"({"wildcard":"a**"})"), "Consecutive wildcard characters at pos 2");
}

TEST(FilterPolicy, ExistsWantsTrueOrFalse) {
    for (const std::string operand : {"null", R"("no")", "1", "[true]"}) {
        EXPECT_EQ(refusal_of_rule("{\"exists\":" + operand + "}"),
                  "exists match pattern must be either true or false.");
    }
}

TEST(FilterPolicy, RefusesEveryMistakeInANumericExpression) {
    const auto numeric = [](const std::string& operand) {
        return refusal_of_rule("{\"numeric\":" + operand + "}");
    };
    EXPECT_EQ(numeric("5"), "Value of numeric must be an array.");
    EXPECT_EQ(numeric("[]"), "Invalid member in numeric match: ]");
    EXPECT_EQ(numeric(R"(["operator"])"), "Unrecognized numeric range operator: operator");
    EXPECT_EQ(numeric(R"([1,"<="])"), "Invalid member in numeric match: 1");
    EXPECT_EQ(numeric("[1.50]"), "Invalid member in numeric match: 1.50");
    EXPECT_EQ(numeric("[null]"), "Invalid member in numeric match: null");
    EXPECT_EQ(numeric("[true]"), "Invalid member in numeric match: true");
    EXPECT_EQ(numeric("[[]]"), "Invalid member in numeric match: [");
    EXPECT_EQ(numeric("[{}]"), "Invalid member in numeric match: {");
    EXPECT_EQ(numeric(R"(["=","000"])"), "Value of equals must be numeric");
    EXPECT_EQ(numeric(R"(["="])"), "Value of equals must be numeric");
    EXPECT_EQ(numeric(R"([">="])"), "Value of >= must be numeric");
    EXPECT_EQ(numeric(R"(["<",null])"), "Value of < must be numeric");
    EXPECT_EQ(numeric(R"(["=",1,2])"), "Too many elements in numeric expression");
    EXPECT_EQ(numeric(R"(["<",100,">",10])"), "Too many elements in numeric expression");
    EXPECT_EQ(numeric(R"([">=",1,">",2])"), "Bad numeric range operator: >");
    EXPECT_EQ(numeric(R"([">",20,"test"])"), "Bad numeric range operator: test");
    EXPECT_EQ(numeric(R"([">",3,"<",1])"), "Bottom must be less than top");
    EXPECT_EQ(numeric(R"([">=",3,"<",3])"), "Bottom must be less than top");
    EXPECT_EQ(numeric(R"([">=",3,"<=",3])"), "Bottom must be less than top");
    EXPECT_EQ(numeric(R"([">",20,"<="])"), "Value of <= must be numeric");
    EXPECT_EQ(numeric(R"([">",20,30])"), "Bad value in numeric range: 30");
    EXPECT_EQ(numeric(R"([">","20","<","30"])"), "Value of > must be numeric");
    EXPECT_EQ(numeric(R"([">",20,"<","30"])"), "Value of < must be numeric");
    EXPECT_EQ(numeric(R"([">",20,"<",30,"<",50])"), "Too many terms in numeric range expression");
    EXPECT_EQ(numeric(R"(["<",1000000000.1])"),
              "Value must be between -1.0E9 and 1.0E9, inclusive");
    EXPECT_EQ(numeric(R"([">",0,"<",1e99])"), "Value must be between -1.0E9 and 1.0E9, inclusive");
}

TEST(FilterPolicy, RefusesEveryMistakeInAnythingBut) {
    const auto anything_but = [](const std::string& operand) {
        return refusal_of_rule("{\"anything-but\":" + operand + "}");
    };
    EXPECT_EQ(anything_but(R"({"wrong-operator":null})"),
              "Unsupported anything-but pattern: wrong-operator");
    EXPECT_EQ(anything_but(R"({"exists":false})"), "Unsupported anything-but pattern: exists");
    EXPECT_EQ(anything_but(R"({"cidr":"::/0"})"), "Unsupported anything-but pattern: cidr");
    EXPECT_EQ(anything_but(R"({"prefix":false})"), "prefix match pattern must be a string");
    EXPECT_EQ(anything_but(R"({"suffix":["a",1]})"), "suffix match pattern must be a string");
    EXPECT_EQ(anything_but(R"({"prefix":""})"), "Null prefix/suffix not allowed");
    EXPECT_EQ(anything_but(R"({"prefix":"a","suffix":"b"})"),
              "Only one key allowed in match expression");
    EXPECT_EQ(anything_but(R"({"suffix":[]})"), "Empty arrays are not allowed");
    EXPECT_EQ(anything_but("{}"), "Anything-But expression name not found");
    for (const std::string element : {"null", "true", "[]", "{}"}) {
        EXPECT_EQ(anything_but("[\"a\"," + element + "]"),
                  "Inside anything but list, start|null|boolean is not supported.");
    }
    for (const std::string list : {"[]", R"(["a",1])", R"([1,"a"])"}) {
        EXPECT_EQ(anything_but(list),
                  "Inside anything but list, either all values are number or string, mixed type "
                  "is not supported");
    }
    for (const std::string operand : {"null", "true"}) {
        EXPECT_EQ(anything_but(operand),
                  "Value of anything-but must be an array or single string/number value.");
    }
}

TEST(FilterPolicy, RefusesOtherShapes) {
    EXPECT_EQ(refusal(R"({"key":{"suffix":"value"}})"), "\"suffix\" must be an object or an array");
    EXPECT_EQ(refusal(R"({"key_a":"value_one"})"), "\"key_a\" must be an object or an array");
    EXPECT_EQ(refusal(R"({"key":[]})"), "Empty arrays are not allowed");
    EXPECT_EQ(refusal(R"({"key":{}})", FilterScope::body), "Empty objects are not allowed");
    EXPECT_EQ(refusal("[]"), "Filter is not an object");
    EXPECT_EQ(refusal("null"), "Filter is not an object");
    for (const std::string_view text : {"", "{invalidjson}", "{\"a\":[1]", "{} x", "\"\\ud800\""}) {
        EXPECT_TRUE(refusal(text).starts_with("failed to parse JSON. ")) << text;
    }
}

TEST(FilterPolicy, NestingIsForBodies) {
    const std::string_view nested = R"({"object":{"key":[{"prefix":"auto-"}]}})";
    EXPECT_EQ(keys_of(parsed(nested, FilterScope::body)), "object.key");
    const auto refused = FilterPolicy::parse(nested, FilterScope::attributes);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), base::ErrorCode::unsupported);
    EXPECT_EQ(refused.error().detail(),
              "Filter policy scope MessageAttributes does not support nested filter policy");
}

TEST(FilterPolicy, HasAtMostFiveKeysAtTheTop) {
    EXPECT_EQ(refusal(R"({"a":[1],"b":[1],"c":[1],"d":[1],"e":[1]})"), "");
    EXPECT_EQ(refusal(R"({"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]})"),
              "Filter policy can not have more than 5 keys");
    EXPECT_EQ(refusal(R"({"a":{"1":[1],"2":[1],"3":[1]},"b":{"1":[1],"2":[1],"3":[1]}})",
                      FilterScope::body),
              "");
}

TEST(FilterPolicy, ComplexityIsTheProductOfTheArraysTimesTheirDepth) {
    constexpr std::string_view kTooComplex = "Filter policy is too complex";
    EXPECT_EQ(refusal("{\"key\":" + array_of(150) + "}"), "");
    EXPECT_EQ(refusal("{\"key\":" + array_of(151) + "}"), kTooComplex);
    EXPECT_EQ(refusal("{\"a\":" + array_of(100) + ",\"b\":" + array_of(51) + "}"), kTooComplex);
    EXPECT_EQ(refusal("{\"a\":" + array_of(15) + ",\"b\":" + array_of(10) + "}"), "");
    // 3 * 4 * 2 * 3 * 3 = 216, without the last 72
    EXPECT_EQ(refusal(R"({"a":{"b":{"c":[1,2,3,4]}},"d":{"e":[1,2,3]},"f":[1,2,3]})",
                      FilterScope::body),
              kTooComplex);
    EXPECT_EQ(refusal(R"({"a":{"b":{"c":[1,2,3,4]}},"d":{"e":[1,2,3]}})", FilterScope::body), "");
}

TEST(FilterPolicy, ComplexityAddsUpTheBranchesOfOr) {
    // 4*6 + 4*4*4 + 4*4*4 = 152; one value less leaves 148
    const auto policy = [](std::string_view metric_names) {
        return R"({"source":["1","2","3","4"],"$or":[{"metricName":)" + std::string(metric_names) +
               R"(},{"metricType":["1","2","3","4"],)"
               R"("$or":[{"metricId":[1234,4321,5678,9012]},{"spaceId":[1,2,3,4]}]}]})";
    };
    EXPECT_EQ(refusal(policy("[1,2,3,4,5,6]")), "Filter policy is too complex");
    EXPECT_EQ(refusal(policy("[1,2,3,4,5]")), "");
    // (3 * 4 * 2) + (3 * 4 * 6) + (2 * 4 * 2) + (2 * 4 * 6) = 160
    EXPECT_EQ(refusal(R"({"$or":[{"metricName":[1,2,3]},{"namespace":[1,2]}],)"
                      R"("detail":{"scope":[1,2],"$or":[{"source":[1]},{"type":[1,2,3]}]}})",
                      FilterScope::body),
              "Filter policy is too complex");
}

TEST(FilterPolicy, HostilePoliciesAreRefusedBeforeTheyGrow) {
    std::string product = "{";
    for (const char key : {'a', 'b', 'c', 'd', 'e'}) {
        product += (key == 'a' ? "\"" : ",\"") + std::string(1, key) + "\":" + array_of(9'999);
    }
    EXPECT_EQ(refusal(product + "}"), "Filter policy is too complex");

    std::string branches;
    for (int each = 0; each < 5'000; ++each) branches += R"({"x":[1]},)";
    EXPECT_EQ(refusal("{\"$or\":[" + branches + R"({"y":[1]}]})"), "Filter policy is too complex");

    std::string inner;
    for (int each = 0; each < 10'000; ++each) inner += "\"" + std::to_string(each) + "\":[1],";
    EXPECT_EQ(refusal("{\"" + std::string(60'000, 'p') + "\":{" + inner + R"("z":[1]}})",
                      FilterScope::body),
              "Filter policy is too complex");

    EXPECT_TRUE(refusal(std::string(1'000, '[')).starts_with("failed to parse JSON."));
    EXPECT_EQ(refusal("{\"a\":[\"" + std::string(FilterPolicy::kMaxBytes, 'a') + "\"]}"),
              "Filter policy is larger than 262144 bytes");
}

TEST(FilterPolicy, OrMultipliesOutIntoAlternatives) {
    EXPECT_EQ(keys_of(parsed(R"({"a":[1],"b":[2]})")), "a&b");
    EXPECT_EQ(keys_of(parsed(R"({"$or":[{"a":[1]},{"b":[2]}],"c":[3]})")), "a&c | b&c");
    EXPECT_EQ(keys_of(parsed(R"({"$or":[{"a":[1]},{"b":[2]}],)"
                             R"("d":{"s":[1],"$or":[{"t":[1]},{"u":[1]}]}})",
                             FilterScope::body)),
              "a&d.s&d.t | b&d.s&d.t | a&d.s&d.u | b&d.s&d.u");
}

TEST(FilterPolicy, OrWithoutTwoObjectsIsAKeyLikeOthers) {
    EXPECT_EQ(keys_of(parsed(R"({"$or":["a","b"]})")), "$or");
    EXPECT_EQ(keys_of(parsed(R"({"$or":[{"prefix":"a"},{"suffix":"b"}]})")), "$or");
    EXPECT_EQ(refusal(R"({"$or":[{"a":["b"]}]})"), "Unrecognized match type a");
    EXPECT_EQ(refusal(R"({"$or":[{"a":["b"]},{"prefix":["b"]}]})"), "Unrecognized match type a");
    EXPECT_EQ(refusal(R"({"$or":"a"})"), "\"$or\" must be an object or an array");
    EXPECT_EQ(refusal(R"({"$or":[{"a":["b"]},{}]})"), "Empty objects are not allowed");
}

TEST(FilterPolicy, AKeyThatComesAgainReplacesWhatWasSaidBefore) {
    const auto first_texts = [](const FilterPolicy& policy) {
        std::string text;
        for (const auto& alternative : policy.alternatives()) {
            for (const uint32_t number : alternative) {
                text += policy.conditions()[number].key + policy.conditions()[number].text + " ";
            }
            text += "| ";
        }
        return text;
    };
    EXPECT_EQ(first_texts(parsed(R"({"a":["1"],"$or":[{"a":["2"]},{"b":["3"]}]})")),
              R"(a["2"] | a["1"] b["3"] | )");
    EXPECT_EQ(first_texts(parsed(R"({"$or":[{"a":["2"]},{"b":["3"]}],"a":["1"]})")),
              R"(a["1"] | a["1"] b["3"] | )");
}

TEST(FilterPolicy, WithoutKeysTakesEverything) {
    EXPECT_TRUE(parsed("{}").takes_everything());
    EXPECT_FALSE(parsed(R"({"a":[{"exists":false}]})").takes_everything());
}

}  // namespace
}  // namespace polylog::routing

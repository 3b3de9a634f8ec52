#include "routing/subscription_index.h"

#include <deque>
#include <initializer_list>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "routing/filter_match.h"

namespace polylog::routing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Type = MessageAttribute::Type;

Subscription subscription(std::optional<Filter> filter) {
    return {.confirmed = true, .filter = std::move(filter)};
}
Subscription by_attributes(std::string policy) {
    return subscription(Filter{FilterScope::attributes, std::move(policy)});
}
Subscription by_body(std::string policy) {
    return subscription(Filter{FilterScope::body, std::move(policy)});
}

SubscriptionIndex built(std::span<const Subscription> subscriptions) {
    auto index = SubscriptionIndex::build(subscriptions);
    EXPECT_TRUE(index) << index.error().message();
    return *std::move(index);
}

TEST(SubscriptionIndex, FindsSubscriptionsOfBothScopesAndThoseWithoutAFilter) {
    const Subscription subscriptions[] = {
        by_attributes(R"({"event":["paid"]})"),
        by_body(R"({"order":{"total":[{"numeric":[">",100]}]}})"),
        subscription(std::nullopt),
        by_attributes("{}"),
        by_attributes(R"({"event":["shipped"]})"),
    };
    const SubscriptionIndex index = built(subscriptions);
    const MessageAttribute paid[] = {{"event", Type::string, "paid"}};
    EXPECT_THAT(index.match({paid, R"({"order":{"total":250}})"}), ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(index.match({paid, R"({"order":{"total":50}})"}), ElementsAre(0, 2, 3));
    EXPECT_THAT(index.match({{}, R"({"order":{"total":250}})"}), ElementsAre(1, 2, 3));
    EXPECT_THAT(index.match({}), ElementsAre(2, 3));
}

TEST(SubscriptionIndex, LeavesOutWhatIsNotConfirmed) {
    const Subscription pending[] = {{.confirmed = false}, subscription(std::nullopt)};
    EXPECT_THAT(built(pending).match({}), ElementsAre(1));
    EXPECT_THAT(built({}).match({}), IsEmpty());
}

TEST(SubscriptionIndex, RefusesAPolicyThatIsNone) {
    const Subscription broken[] = {by_body("{")};
    EXPECT_EQ(SubscriptionIndex::build(broken).error(), base::ErrorCode::invalid_request);
}

TEST(SubscriptionIndex, ReportsASubscriptionOnceHoweverManyAlternativesMatch) {
    const Subscription one[] = {by_body(R"({"$or":[{"a":[1]},{"b":[2]},{"c":[3]}]})")};
    EXPECT_THAT(built(one).match({.body = R"({"a":1,"b":2,"c":3})"}), ElementsAre(0));
}

TEST(SubscriptionIndex, EvaluatesRulesThatNoIndexHolds) {
    const Subscription subscriptions[] = {
        by_body(R"({"k":[{"wildcard":"a*z"}]})"),
        by_body(R"({"k":[{"anything-but":"abz"}],"n":[1]})"),
        by_body(R"({"k":[{"exists":false},{"anything-but":["x"]}]})"),
        by_body(R"({"ip":[{"cidr":"10.0.0.0/8"}],"k":[{"wildcard":"*"}]})"),
    };
    const SubscriptionIndex index = built(subscriptions);
    EXPECT_THAT(index.match({.body = R"({"k":"abz","n":1})"}), ElementsAre(0, 2));
    EXPECT_THAT(index.match({.body = R"({"k":"q","n":1,"ip":"10.1.1.1"})"}), ElementsAre(1, 2, 3));
    EXPECT_THAT(index.match({.body = R"({"n":1})"}), ElementsAre(2));
    EXPECT_THAT(index.match({.body = R"({"k":"x"})"}), IsEmpty());
}

// Policies and messages out of few keys and values, so that they meet often.
class Generator {
public:
    explicit Generator(uint64_t seed) : random_(seed) {}

    size_t below(size_t bound) { return random_() % bound; }
    bool one_in(size_t chances) { return below(chances) == 0; }

    Filter filter() {
        const auto scope = one_in(2) ? FilterScope::body : FilterScope::attributes;
        return {scope, object(scope, 1)};
    }

    std::string body() {
        if (one_in(40)) return pick({"", "[]", "text", "{\"a\":", "{}", "null"});
        return body_object(0);
    }

    // Views that stay valid until the next call.
    std::vector<MessageAttribute> attributes() {
        texts_.clear();
        std::vector<MessageAttribute> attributes;
        for (size_t count = below(kMaxKeys); count > 0; --count) {
            attributes.push_back(attribute());
        }
        return attributes;
    }

private:
    static constexpr size_t kMaxKeys = 5;

    std::string pick(std::initializer_list<const char*> choices) {
        return *(choices.begin() + below(choices.size()));
    }
    std::string key() { return pick({"a", "b", "c", "a.b", "b.c"}); }
    std::string text() {
        return pick(
            {"", "a", "A", "ab", "abc", "abcabc", "b", "bc", "10.0.0.1", "10.0.0.200", "1"});
    }
    std::string number() {
        if (one_in(8)) return pick({"1.000001", "1e9", "2e9", "123456789012345678901234567890"});
        return pick({"-1", "0", "1", "1e0", "2.5", "3.0"});
    }
    std::string bound() { return pick({"-1", "0", "1", "2.5", "3"}); }
    std::string quoted(const std::string& plain) { return "\"" + plain + "\""; }
    std::string literal() {
        if (one_in(2)) return quoted(text());
        return one_in(3) ? pick({"null", "true", "false"}) : number();
    }

    std::string list(size_t count, const auto& element) {
        std::string out = "[";
        for (size_t at = 0; at < count; ++at) out += (at == 0 ? "" : ",") + element();
        return out + "]";
    }

    std::string numeric() {
        if (one_in(3)) return R"(["=",)" + bound() + "]";
        if (one_in(2)) return "[" + quoted(pick({"<", "<=", ">", ">="})) + "," + bound() + "]";
        return "[" + quoted(pick({">", ">="})) + "," + pick({"-1", "0", "1"}) + "," +
               quoted(pick({"<", "<="})) + "," + pick({"2.5", "3", "100"}) + "]";
    }
    std::string wildcard() { return quoted(pick({"*", "a*", "*c", "a*c", "*b*", "abc"})); }

    std::string rule() {
        const auto expression = [](const std::string& name, const std::string& operand) {
            return "{\"" + name + "\":" + operand + "}";
        };
        switch (below(14)) {
        case 0: return expression("prefix", quoted(text()));
        case 1: return expression("suffix", quoted(text()));
        case 2: return expression("equals-ignore-case", quoted(text()));
        case 3: return expression("wildcard", wildcard());
        case 4:
        case 10:
        case 11: return expression("numeric", numeric());
        case 5: return expression("cidr", quoted(pick({"10.0.0.0/25", "10.0.0.0/8"})));
        case 6: return expression("exists", pick({"true", "false"}));
        case 7: return expression("anything-but", list(1 + below(2), [&] { return number(); }));
        case 8:
            return expression("anything-but", list(1 + below(2), [&] { return quoted(text()); }));
        case 9: return expression("anything-but", expression("wildcard", wildcard()));
        default: return literal();
        }
    }

    std::string object(FilterScope scope, size_t depth) {
        std::string out = "{";
        for (size_t count = 1 + below(3), at = 0; at < count; ++at) {
            if (at > 0) out += ",";
            if (depth < 3 && one_in(6)) {
                out += "\"$or\":" + list(2, [&] { return object(scope, depth + 1); });
            } else if (depth < 3 && scope == FilterScope::body && one_in(4)) {
                out += quoted(key()) + ":" + object(scope, depth + 1);
            } else {
                out += quoted(key()) + ":" + list(1 + below(2), [&] { return rule(); });
            }
        }
        return out + "}";
    }

    std::string body_value(size_t depth) {
        if (depth < 3 && one_in(4)) return body_object(depth + 1);
        if (depth < 3 && one_in(5)) return list(below(4), [&] { return body_value(depth + 1); });
        return literal();
    }
    std::string body_object(size_t depth) {
        std::string out = "{";
        for (size_t count = below(5), at = 0; at < count; ++at) {
            out += (at == 0 ? "" : ",") + quoted(key()) + ":" + body_value(depth);
        }
        return out + "}";
    }

    MessageAttribute attribute() {
        MessageAttribute attribute{.name = texts_.emplace_back(key())};
        std::string value;
        switch (below(5)) {
        case 0:
            attribute.type = Type::number;
            value = one_in(9) ? "x" : number();
            break;
        case 1:
            attribute.type = Type::array;
            value = one_in(9) ? "x" : list(below(4), [&] { return literal(); });
            break;
        case 2:
            attribute.type = Type::binary;
            value = text();
            break;
        default: value = text();
        }
        attribute.value = texts_.emplace_back(std::move(value));
        return attribute;
    }

    std::mt19937_64 random_;
    std::deque<std::string> texts_;
};

// Goal: the index answers as rule by rule evaluation does. Method: many small random sets of
// policies, each met by random messages.
TEST(SubscriptionIndex, AgreesWithEvaluatingEveryPolicy) {
    constexpr uint64_t kSeed = 20240514;
    constexpr int kSets = 130;
    constexpr int kMessagesPerSet = 20;
    Generator generator(kSeed);
    size_t comparisons = 0;
    size_t matched = 0;
    for (int set = 0; set < kSets; ++set) {
        std::vector<Subscription> subscriptions;
        std::vector<FilterPolicy> policies;
        for (size_t wanted = 1 + generator.below(12); wanted > 0; --wanted) {
            const Filter filter = generator.filter();
            auto policy = FilterPolicy::parse(filter.policy, filter.scope);
            if (!policy) {
                ASSERT_EQ(policy.error().detail(), "Filter policy is too complex") << filter.policy;
                continue;
            }
            policies.push_back(*std::move(policy));
            subscriptions.push_back(subscription(filter));
        }
        const SubscriptionIndex index = built(subscriptions);
        for (int each = 0; each < kMessagesPerSet; ++each) {
            const auto attributes = generator.attributes();
            const std::string body = generator.body();
            const Message message{attributes, body};
            std::vector<uint32_t> expected;
            for (uint32_t number = 0; number < policies.size(); ++number) {
                ++comparisons;
                if (matches(policies[number], message)) expected.push_back(number);
            }
            matched += expected.size();
            ASSERT_EQ(index.match(message), expected) << "set " << set << " body " << body;
        }
    }
    // The policies and messages are such that both answers are common.
    EXPECT_GT(comparisons, 10'000u);
    EXPECT_GT(matched, comparisons / 20);
    EXPECT_LT(matched, comparisons / 2);
}

}  // namespace
}  // namespace polylog::routing

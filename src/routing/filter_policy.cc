#include "routing/filter_policy.h"

#include <algorithm>
#include <map>
#include <ranges>

#include <fmt/format.h>

#include "base/json.h"
#include "base/json_writer.h"

namespace polylog::routing {

using base::ErrorCode;
using base::fail;
using base::Json;
using base::JsonWriter;
using base::Result;

namespace {

std::unexpected<base::Error> refuse(std::string text) {
    return fail(ErrorCode::invalid_request, std::move(text));
}

std::unexpected<base::Error> too_complex() {
    return refuse("Filter policy is too complex");
}

// "$or" is an operator when two objects or more follow and none of them is a rule; otherwise it is
// a key like others (AWS documentation, "OR operator").
bool is_or(std::string_view name, const Json& value) {
    constexpr std::string_view kRuleNames[] = {"prefix",   "suffix",       "equals-ignore-case",
                                               "wildcard", "anything-but", "numeric",
                                               "exists",   "cidr",         "exactly"};
    if (name != "$or" || value.size() < 2) return false;
    if (value.kind() != Json::Kind::array) return false;
    for (const Json& branch : value.elements()) {
        if (branch.kind() != Json::Kind::object) return false;
        for (const auto& [member, rules] : branch.members()) {
            if (std::ranges::find(kRuleNames, member) != std::end(kRuleNames)) return false;
        }
    }
    return true;
}

}  // namespace

bool FilterCondition::holds(Presence presence, std::span<const Scalar> values) const {
    return std::ranges::any_of(rules, [&](const FilterRule& rule) {
        return rule.holds(presence, values);
    });
}

// First reads the text into conditions and "$or" of them, then multiplies these out.
class FilterPolicy::Parser {
public:
    explicit Parser(FilterPolicy& policy) : policy_(policy) {}

    Result<void> parse(const Json& root) {
        if (root.kind() != Json::Kind::object) return refuse("Filter is not an object");
        std::vector<Element> elements;
        if (root.size() > 0) TRY_VOID(read_object(root, "", 1, elements));
        if (root.size() > kMaxKeys) {
            return refuse(fmt::format("Filter policy can not have more than {} keys", kMaxKeys));
        }
        if (nested_ && policy_.scope_ == FilterScope::attributes) {
            return fail(ErrorCode::unsupported,
                        "Filter policy scope MessageAttributes does not support nested filter "
                        "policy");
        }
        std::vector<Draft> drafts(1);
        TRY_VOID(expand(elements, drafts));
        for (Draft& draft : drafts) {
            policy_.alternatives_.push_back(last_of_each_key(std::move(draft.conditions)));
        }
        return {};
    }

private:
    // A condition, or an "$or".
    struct Element {
        uint32_t condition = 0;
        size_t combinations = 1;
        std::vector<std::vector<Element>> branches{};
    };
    struct Draft {
        Alternative conditions{};
        size_t combinations = 1;
    };

    // `path` is the key that leads to the object, `depth` is 1 for the policy itself.
    Result<void> read_object(const Json& object, const std::string& path, size_t depth,
                             std::vector<Element>& elements) {
        if (object.size() == 0) return refuse("Empty objects are not allowed");
        for (const auto& [name, value] : object.members()) {
            if (is_or(name, value)) {
                TRY(Element element, read_or(value, path, depth));
                elements.push_back(std::move(element));
                continue;
            }
            std::string key = depth == 1 ? std::string(name) : fmt::format("{}.{}", path, name);
            if (value.kind() == Json::Kind::object) {
                nested_ = true;
                TRY_VOID(read_object(value, key, depth + 1, elements));
            } else if (value.kind() == Json::Kind::array) {
                TRY(const Element element, read_condition(std::move(key), value, depth));
                elements.push_back(element);
            } else {
                return refuse(fmt::format("\"{}\" must be an object or an array", name));
            }
        }
        return {};
    }

    Result<Element> read_or(const Json& branches, const std::string& path, size_t depth) {
        Element element;
        for (const Json& branch : branches.elements()) {
            TRY_VOID(read_object(branch, path, depth, element.branches.emplace_back()));
        }
        return element;
    }

    Result<Element> read_condition(std::string key, const Json& rules, size_t depth) {
        if (rules.size() == 0) return refuse("Empty arrays are not allowed");
        // Each of these counts for two combinations or more, so that no policy within the limits
        // has as many; stopping here bounds the memory that long paths take.
        if (depth > 1 && ++nested_conditions_ > kMaxCombinations / 2) return too_complex();
        FilterCondition condition{.key = std::move(key)};
        for (const Json& element : rules.elements()) {
            TRY(FilterRule rule, parse_filter_rule(element));
            condition.rules.push_back(std::move(rule));
        }
        JsonWriter(condition.text).value(rules);
        const auto next_key = static_cast<uint32_t>(key_numbers_.size());
        keys_.push_back(key_numbers_.try_emplace(condition.key, next_key).first->second);
        policy_.conditions_.push_back(std::move(condition));
        return Element{.condition = static_cast<uint32_t>(keys_.size() - 1),
                       .combinations = rules.size() * depth};
    }

    // Adds the elements to every draft, which an "$or" multiplies. Never more drafts than
    // kMaxCombinations, as each counts for one.
    Result<void> expand(std::span<const Element> elements, std::vector<Draft>& drafts) {
        for (const Element& element : elements) {
            if (element.branches.empty()) {
                for (Draft& draft : drafts) {
                    draft.conditions.push_back(element.condition);
                    draft.combinations *= element.combinations;
                }
            } else {
                std::vector<Draft> expanded;
                for (const std::vector<Element>& branch : element.branches) {
                    std::vector<Draft> of_branch = drafts;
                    TRY_VOID(expand(branch, of_branch));
                    std::ranges::move(of_branch, std::back_inserter(expanded));
                    TRY_VOID(check_combinations(expanded));
                }
                drafts = std::move(expanded);
            }
            TRY_VOID(check_combinations(drafts));
        }
        return {};
    }

    static Result<void> check_combinations(std::span<const Draft> drafts) {
        size_t sum = 0;
        for (const Draft& draft : drafts) sum += draft.combinations;
        if (sum > kMaxCombinations) return too_complex();
        return {};
    }

    Alternative last_of_each_key(Alternative conditions) const {
        const auto key = [this](uint32_t condition) { return keys_[condition]; };
        // Conditions are numbered in the order of the text: the last first.
        std::ranges::sort(conditions, [&](uint32_t a, uint32_t b) {
            return std::pair(key(a), b) < std::pair(key(b), a);
        });
        const auto repeated = std::ranges::unique(conditions, {}, key);
        conditions.erase(repeated.begin(), repeated.end());
        return conditions;
    }

    FilterPolicy& policy_;
    bool nested_ = false;
    size_t nested_conditions_ = 0;
    std::map<std::string, uint32_t, std::less<>> key_numbers_;
    std::vector<uint32_t> keys_;  // of each condition
};

Result<FilterPolicy> FilterPolicy::parse(std::string_view text, FilterScope scope) {
    if (text.size() > kMaxBytes) {
        return refuse(fmt::format("Filter policy is larger than {} bytes", kMaxBytes));
    }
    const auto root = Json::parse(text, kMaxBytes);
    if (!root) return refuse(fmt::format("failed to parse JSON. {}", root.error().detail()));
    FilterPolicy policy(scope);
    TRY_VOID(Parser(policy).parse(*root));
    return policy;
}

}  // namespace polylog::routing

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "routing/case_folding.h"
#include "routing/filter_rule.h"

// The grammar of one rule. The texts of the errors are those of AWS, whose tools and users know
// them; where a message names another operator than the one at hand, so does theirs.
namespace polylog::routing {

using base::ErrorCode;
using base::Json;
using base::JsonMember;
using base::Result;

namespace {

using Kind = FilterRule::Kind;

std::unexpected<base::Error> refuse(std::string text) {
    return base::fail(ErrorCode::invalid_request, std::move(text));
}

// How a value looks where something else was expected: of an array or an object, only its bracket.
std::string token_text(const Json& value) {
    switch (value.kind()) {
    case Json::Kind::null: return "null";
    case Json::Kind::boolean: return *value.as<bool>() ? "true" : "false";
    case Json::Kind::integer:
    case Json::Kind::real: return std::string(value.number_text());
    case Json::Kind::string: return std::string(*value.as<std::string_view>());
    case Json::Kind::array: return "[";
    case Json::Kind::object: return "{";
    }
    return {};
}

std::optional<Decimal> number_of(const Json& value) {
    return Decimal::parse(value.number_text());
}

// A string, number, true, false or null; nothing for an array or an object.
std::optional<Literal> literal_of(const Json& value) {
    switch (value.kind()) {
    case Json::Kind::null: return Literal{};
    case Json::Kind::boolean: return Literal{.kind = Scalar::of_bool(*value.as<bool>()).kind};
    case Json::Kind::integer:
    case Json::Kind::real:
        return Literal{.kind = Scalar::Kind::number, .number = number_of(value).value()};
    case Json::Kind::string:
        return Literal{.kind = Scalar::Kind::string,
                       .text = std::string(*value.as<std::string_view>())};
    case Json::Kind::array:
    case Json::Kind::object: return std::nullopt;
    }
    return std::nullopt;
}

Result<void> check_only_member(const Json& object, std::string_view text) {
    if (object.size() > 1) return refuse(std::string(text));
    return {};
}

constexpr std::string_view kOnlyOneKey = "Only one key allowed in match expression";
// What AWS says when a second operator follows one whose operand may be an array.
constexpr std::string_view kTooManyElements = "Too many elements in numeric expression";

// ---- operators with a string: prefix, suffix, equals-ignore-case, wildcard, cidr ----

bool takes_string(std::string_view name) {
    return name == "prefix" || name == "suffix" || name == "equals-ignore-case" ||
           name == "wildcard" || name == "cidr";
}

Result<Pattern> parse_string_pattern(std::string_view name, const Json& operand) {
    const auto text = operand.as<std::string_view>();
    if (!text) {
        return refuse(
            fmt::format("{} match pattern must be a string", name == "cidr" ? "prefix" : name));
    }
    if (name == "prefix") return Prefix{std::string(*text)};
    if (name == "suffix") return Suffix{std::string(*text)};
    if (name == "equals-ignore-case") return EqualsIgnoreCase{fold_case(*text)};
    if (name == "wildcard") return Wildcard::parse(*text);
    return IpRange::parse(*text);
}

// ---- numeric ----

// AWS documentation, "Filter policy constraints".
constexpr Decimal kNumericLimit = Decimal::from_integer(1'000'000'000);

// The operand of an operator at position `at` of the array.
Result<Decimal> parse_bound(std::span<const Json> elements, size_t at, std::string_view name) {
    const auto number = at < elements.size() ? number_of(elements[at]) : std::nullopt;
    if (!number) {
        return refuse(fmt::format("Value of {} must be numeric", name == "=" ? "equals" : name));
    }
    if (*number < Decimal::from_integer(-1'000'000'000) || *number > kNumericLimit) {
        return refuse("Value must be between -1.0E9 and 1.0E9, inclusive");
    }
    return *number;
}

// The second half of a range, from position 2 of the array.
Result<Decimal> parse_top(std::span<const Json> elements) {
    const auto name = elements[2].as<std::string_view>();
    if (!name) {
        return refuse(fmt::format("Bad value in numeric range: {}", token_text(elements[2])));
    }
    if (*name != "<" && *name != "<=") {
        return refuse(fmt::format("Bad numeric range operator: {}", *name));
    }
    TRY(const Decimal top, parse_bound(elements, 3, *name));
    if (elements.size() > 4) return refuse("Too many terms in numeric range expression");
    return *name == "<" ? top.previous() : top;
}

Result<Pattern> parse_numeric(const Json& operand) {
    if (operand.kind() != Json::Kind::array) return refuse("Value of numeric must be an array.");
    std::vector<Json> elements;
    for (const Json& element : operand.elements()) elements.push_back(element);
    if (elements.empty()) return refuse("Invalid member in numeric match: ]");
    const auto name = elements[0].as<std::string_view>();
    if (!name) {
        return refuse(fmt::format("Invalid member in numeric match: {}", token_text(elements[0])));
    }
    const bool opens_range = *name == ">" || *name == ">=";
    if (!opens_range && *name != "=" && *name != "<" && *name != "<=") {
        return refuse(fmt::format("Unrecognized numeric range operator: {}", *name));
    }
    TRY(const Decimal bound, parse_bound(elements, 1, *name));
    if (!opens_range) {
        if (elements.size() > 2) return refuse(std::string(kTooManyElements));
        if (*name == "=") return NumericRange{.lowest = bound, .highest = bound};
        return NumericRange{.highest = *name == "<" ? bound.previous() : bound};
    }
    NumericRange range{.lowest = *name == ">" ? bound.next() : bound};
    if (elements.size() == 2) return range;
    TRY(range.highest, parse_top(elements));
    const bool open = *elements[2].as<std::string_view>() == "<";
    if (bound >= (open ? range.highest.next() : range.highest)) {
        return refuse("Bottom must be less than top");
    }
    return range;
}

// ---- anything-but ----

Result<FilterRule> parse_anything_but_list(const Json& list) {
    FilterRule rule{.kind = Kind::anything_but};
    size_t strings = 0;
    for (const Json& element : list.elements()) {
        const auto literal = literal_of(element);
        const bool is_string = literal && literal->kind == Scalar::Kind::string;
        if (!is_string && (!literal || literal->kind != Scalar::Kind::number)) {
            return refuse("Inside anything but list, start|null|boolean is not supported.");
        }
        strings += is_string;
        rule.patterns.emplace_back(*literal);
    }
    if (rule.patterns.empty() || (strings != 0 && strings != rule.patterns.size())) {
        return refuse(
            "Inside anything but list, either all values are number or string, mixed type is not "
            "supported");
    }
    return rule;
}

// {"anything-but": {"prefix": "x"}}, and the same with suffix, equals-ignore-case and wildcard; a
// list of strings excludes what matches any of them.
Result<FilterRule> parse_anything_but_pattern(const Json& object) {
    if (object.size() == 0) return refuse("Anything-But expression name not found");
    const auto [name, operand] = *object.members().begin();
    if (!takes_string(name) || name == "cidr") {
        return refuse(fmt::format("Unsupported anything-but pattern: {}", name));
    }
    FilterRule rule{.kind = Kind::anything_but};
    const auto add = [&](const Json& text) -> Result<void> {
        TRY(Pattern pattern, parse_string_pattern(name, text));
        if (text.as<std::string_view>()->empty() && (name == "prefix" || name == "suffix")) {
            return refuse("Null prefix/suffix not allowed");
        }
        rule.patterns.push_back(std::move(pattern));
        return {};
    };
    if (operand.kind() == Json::Kind::array) {
        if (operand.size() == 0) return refuse("Empty arrays are not allowed");
        for (const Json& text : operand.elements()) TRY_VOID(add(text));
    } else {
        TRY_VOID(add(operand));
    }
    TRY_VOID(check_only_member(object, kOnlyOneKey));
    return rule;
}

Result<FilterRule> parse_anything_but(const Json& operand) {
    if (operand.kind() == Json::Kind::array) return parse_anything_but_list(operand);
    if (operand.kind() == Json::Kind::object) return parse_anything_but_pattern(operand);
    const auto literal = literal_of(operand);
    if (literal->kind != Scalar::Kind::string && literal->kind != Scalar::Kind::number) {
        return refuse("Value of anything-but must be an array or single string/number value.");
    }
    return FilterRule{.kind = Kind::anything_but, .patterns = {*literal}};
}

// ---- {"operator": operand} ----

Result<FilterRule> parse_expression(const Json& object) {
    if (object.size() == 0) return refuse("Match expression name not found");
    const auto [name, operand] = *object.members().begin();
    FilterRule rule;
    if (takes_string(name)) {
        TRY(Pattern pattern, parse_string_pattern(name, operand));
        rule.patterns.push_back(std::move(pattern));
    } else if (name == "exists") {
        const auto expected = operand.as<bool>();
        if (!expected) return refuse("exists match pattern must be either true or false.");
        rule.kind = *expected ? Kind::exists : Kind::absent;
    } else if (name == "numeric") {
        TRY(Pattern pattern, parse_numeric(operand));
        rule.patterns.push_back(std::move(pattern));
    } else if (name == "anything-but") {
        TRY(rule, parse_anything_but(operand));
    } else {
        return refuse(fmt::format("Unrecognized match type {}", name));
    }
    const bool array_operand = name == "numeric" || name == "anything-but";
    TRY_VOID(check_only_member(object, array_operand ? kTooManyElements : kOnlyOneKey));
    return rule;
}

}  // namespace

Result<FilterRule> parse_filter_rule(const Json& element) {
    if (element.kind() == Json::Kind::object) return parse_expression(element);
    auto literal = literal_of(element);
    if (!literal) return refuse("Match value must be String, number, true, false, or null");
    return FilterRule{.kind = Kind::matches, .patterns = {*std::move(literal)}};
}

}  // namespace polylog::routing

#include "routing/filter_rule.h"

#include <algorithm>

#include "routing/case_folding.h"

namespace polylog::routing {

namespace {

bool matches_string(const Pattern& pattern, std::string_view text) {
    struct Visitor {
        std::string_view text;

        bool operator()(const Prefix& prefix) const { return text.starts_with(prefix.text); }
        bool operator()(const Suffix& suffix) const { return text.ends_with(suffix.text); }
        bool operator()(const EqualsIgnoreCase& other) const {
            return fold_case(text) == other.folded;
        }
        bool operator()(const Wildcard& wildcard) const { return wildcard.matches(text); }
        bool operator()(const IpRange& range) const {
            const auto address = IpAddress::parse(text);
            return address && range.contains(*address);
        }
        bool operator()(const Literal&) const { return false; }
        bool operator()(const NumericRange&) const { return false; }
    };
    return std::visit(Visitor{text}, pattern);
}

}  // namespace

bool matches(const Pattern& pattern, const Scalar& value) {
    if (const auto* literal = std::get_if<Literal>(&pattern)) return literal->scalar() == value;
    if (const auto* range = std::get_if<NumericRange>(&pattern)) {
        return value.kind == Scalar::Kind::number && range->lowest <= value.number &&
               value.number <= range->highest;
    }
    return value.kind == Scalar::Kind::string && matches_string(pattern, value.text);
}

bool FilterRule::holds(Presence presence, std::span<const Scalar> values) const {
    const auto matches_some_pattern = [this](const Scalar& value) {
        return std::ranges::any_of(patterns,
                                   [&](const Pattern& each) { return matches(each, value); });
    };
    switch (kind) {
    case Kind::matches: return std::ranges::any_of(values, matches_some_pattern);
    case Kind::anything_but: return !std::ranges::all_of(values, matches_some_pattern);
    case Kind::exists: return presence == Presence::filled;
    case Kind::absent: return presence == Presence::absent;
    }
    return false;
}

}  // namespace polylog::routing

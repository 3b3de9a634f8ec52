#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "routing/filter_rule.h"

namespace polylog::routing {

// What of a message a filter policy looks at.
enum class FilterScope : uint8_t { attributes, body };

// What a policy asks of one key: that one of the rules holds.
struct FilterCondition {
    std::string key;   // of a body: names joined by '.', which need not be the body's own nesting
    std::string text;  // the rules as JSON; conditions of one key with the same text are equal
    std::vector<FilterRule> rules;

    bool holds(Presence presence, std::span<const Scalar> values) const;
};

// A subscriber's choice of messages, as a JSON object of keys and arrays of rules: every key's
// condition must hold. "$or" names alternatives, and in the body scope keys may be nested.
// Immutable; a value that any shard may use.
//
// The policy is kept as its alternatives, "$or" multiplied out. A key that comes again in an
// alternative replaces what was said of it before, in the order of the text.
class FilterPolicy {
public:
    static constexpr size_t kMaxBytes = size_t{256} << 10;
    static constexpr size_t kMaxKeys = 5;  // at the top level
    // Of an alternative the product over its conditions, rules times depth; of the policy the sum.
    static constexpr size_t kMaxCombinations = 150;

    // Of "{}" the policy that takes every message. Errors, with the text that AWS gives where its
    // is known: unsupported for nested keys in the attributes scope; invalid_request for anything
    // else.
    static base::Result<FilterPolicy> parse(std::string_view text, FilterScope scope);

    FilterScope scope() const { return scope_; }
    const std::vector<FilterCondition>& conditions() const { return conditions_; }
    // Positions in conditions(). A message is taken when all conditions of one alternative hold.
    using Alternative = std::vector<uint32_t>;
    const std::vector<Alternative>& alternatives() const { return alternatives_; }
    bool takes_everything() const { return conditions_.empty(); }

private:
    class Parser;

    explicit FilterPolicy(FilterScope scope) : scope_(scope) {}

    FilterScope scope_;
    std::vector<FilterCondition> conditions_;
    std::vector<Alternative> alternatives_;
};

}  // namespace polylog::routing

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "routing/decimal.h"
#include "routing/ip_range.h"
#include "routing/scalar.h"
#include "routing/wildcard.h"

namespace polylog::routing {

// A value that a policy names. Kinds never equal each other: the number 1 is not the string "1".
struct Literal {
    Scalar::Kind kind = Scalar::Kind::null;
    std::string text{};  // of a string
    Decimal number{};    // of a number

    Scalar scalar() const { return {.kind = kind, .text = text, .number = number}; }
};
// The others but NumericRange look at strings only, byte by byte.
struct Prefix {
    std::string text;
};
struct Suffix {
    std::string text;
};
struct EqualsIgnoreCase {
    std::string folded;  // by fold_case()
};
// Numbers from lowest to highest, both included.
struct NumericRange {
    Decimal lowest = Decimal::lowest();
    Decimal highest = Decimal::highest();
};

// What one value can be compared with.
using Pattern = std::variant<Literal, Prefix, Suffix, EqualsIgnoreCase, Wildcard, NumericRange,
                             IpRange>;

bool matches(const Pattern& pattern, const Scalar& value);

// Whether a message has a key. A key has values when it leads to something that is not an object:
// an object, an empty array and an array of such are as good as nothing.
enum class Presence : uint8_t {
    absent,
    blank,   // nothing but nulls and empty strings, or a value that could not be read
    filled,  // at least one value
};

// One element of a key's array in a filter policy. The key's condition holds when one of its rules
// does.
struct FilterRule {
    enum class Kind : uint8_t {
        matches,       // some value matches the pattern, of which there is one
        anything_but,  // some value matches none of the patterns
        exists,        // the key is filled (AWS documentation, "Key matching")
        absent,        // the key is absent
    };

    Kind kind = Kind::matches;
    std::vector<Pattern> patterns{};

    // Whether it holds for a key's presence and values.
    bool holds(Presence presence, std::span<const Scalar> values) const;
};

// Reads an element of a key's array. Errors: invalid_request, with the text that AWS gives.
base::Result<FilterRule> parse_filter_rule(const base::Json& element);

}  // namespace polylog::routing

#pragma once

#include <cstdint>
#include <string_view>

#include "routing/decimal.h"

namespace polylog::routing {

// One value of a message that a rule looks at, or one that a policy names. A view: the text belongs
// to whoever made it.
struct Scalar {
    enum class Kind : uint8_t { null, false_value, true_value, number, string };

    Kind kind = Kind::null;
    std::string_view text{};  // of a string
    Decimal number{};         // of a number

    static Scalar of_string(std::string_view text) { return {.kind = Kind::string, .text = text}; }
    static Scalar of_number(Decimal number) { return {.kind = Kind::number, .number = number}; }
    static Scalar of_bool(bool value) {
        return {.kind = value ? Kind::true_value : Kind::false_value};
    }

    bool operator==(const Scalar&) const = default;
};

}  // namespace polylog::routing

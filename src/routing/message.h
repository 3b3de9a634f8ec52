#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace polylog::routing {

// A named value that travels beside a message's body.
struct MessageAttribute {
    enum class Type : uint8_t {
        string,
        number,  // decimal, as text
        array,   // a JSON array of strings, numbers, true, false and null
        binary,  // not looked at
    };

    std::string_view name;
    Type type = Type::string;
    std::string_view value;
};

// What routing looks at. Views: whoever publishes keeps the bytes.
struct Message {
    std::span<const MessageAttribute> attributes{};
    std::string_view body{};
};

}  // namespace polylog::routing

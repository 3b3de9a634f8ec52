#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace polylog::routing {

// A pattern in which '*' stands for any text, also none; "\*" and "\\" are the plain characters.
class Wildcard {
public:
    // Errors: invalid_request, naming the byte counted from 1, for two '*' in a row and for a
    // backslash before anything but '*' and '\\'.
    static base::Result<Wildcard> parse(std::string_view pattern);

    // Linear in the text and the pattern.
    bool matches(std::string_view text) const;

    bool operator==(const Wildcard&) const = default;

private:
    // What is between the '*', in order: one more than there are '*'; the first begins the text,
    // the last ends it.
    std::vector<std::string> pieces_;
};

}  // namespace polylog::routing

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/aws/fault.h"

namespace polylog::aws {

// Part of a long list, in the order of the names.
struct Page {
    std::vector<std::string> names;
    std::optional<std::string> next_token;  // nothing: these are the last
};

// The names behind those that the token's page ended with, at most `max`. A token stands for a
// name, so that lists may change between pages: nothing comes twice, and nothing that stays is
// missed. Errors: invalid_parameter_value for a token that we did not write.
Answer<Page> page_of(std::vector<std::string> names, const std::optional<std::string>& token,
                     size_t max);

}  // namespace polylog::aws

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/aws/fault.h"

namespace polylog::aws {

// The parameters of a Query request, decoded. Names are dotted paths: "Tag.1.Key".
class QueryParameters {
public:
    // More than any operation has: a batch of ten messages with ten attributes each needs 430.
    static constexpr size_t kParametersMax = 10'000;

    // Of forms (application/x-www-form-urlencoded): the address's query and the body. Of parameters
    // that come twice the first counts. Errors: malformed_input.
    static Answer<QueryParameters> parse(std::string_view query, std::string_view body);

    std::optional<std::string_view> find(std::string_view name) const;
    // Whether there is a parameter below it: "Tag.1.Key" is below "Tag.1".
    bool has_below(std::string_view prefix) const;
    // The numbers N for which there is "prefix.N" or something below it, ascending.
    std::vector<uint32_t> indices(std::string_view prefix) const;

private:
    struct Parameter {
        std::string name, value;
        size_t position = 0;  // in the request
    };
    // Those whose names begin so.
    std::vector<Parameter>::const_iterator first_with(std::string_view prefix) const;

    std::vector<Parameter> parameters_;  // by name
};

}  // namespace polylog::aws

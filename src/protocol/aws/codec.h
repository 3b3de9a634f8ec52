#pragma once

#include <string>
#include <string_view>

#include "protocol/aws/fault.h"
#include "protocol/aws/query_parameters.h"

// Turning inputs and outputs of operations into text and back. Compiled once per operation, in
// messages/*.cc; whoever includes this header pays for no wire() instantiation.
namespace polylog::aws {

// An input refused: missing_parameter or validation_error, as the service says it,
// malformed_input, invalid_parameter_value. `queue_url` is that of the path a request was sent to,
// or empty; it counts when the input names no queue.
template <class Op>
struct Codec {
    // AWS JSON 1.0. The body is at most `body_max_bytes` long; an empty one is an empty object.
    static Answer<typename Op::Input> from_json(std::string_view body, size_t body_max_bytes,
                                                std::string_view queue_url);
    static Answer<typename Op::Input> from_query(const QueryParameters& parameters,
                                                 std::string_view queue_url);

    // Empty for an operation without a result.
    static std::string to_json(const typename Op::Output& output);
    static std::string to_xml(const typename Op::Output& output, std::string_view request_id);
    // The answer of the Query protocol for those who accept JSON.
    static std::string to_query_json(const typename Op::Output& output,
                                     std::string_view request_id);
};

}  // namespace polylog::aws

#pragma once

#include <string>
#include <string_view>

#include "protocol/aws/fault.h"

namespace polylog::aws {

// Which task that moves dead letters: what StartMessageMoveTask answers and CancelMessageMoveTask
// takes. Base64 of {"taskId": ..., "sourceArn": ...}, as SQS writes it.
struct MoveTaskHandle {
    std::string task_id;
    std::string source_arn;

    std::string to_string() const;
    // Errors: invalid_parameter_value for any other text.
    static Answer<MoveTaskHandle> parse(std::string_view text);
    bool operator==(const MoveTaskHandle&) const = default;
};

}  // namespace polylog::aws

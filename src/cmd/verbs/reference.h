#pragma once

#include <string>

#include "cmd/command.h"

namespace polylog::cmd {

// docs/cli.md: every command with its options, examples and exit statuses, and the error codes.
std::string command_line_reference(const CommandTable& commands);

}  // namespace polylog::cmd

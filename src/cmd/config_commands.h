#pragma once

#include <vector>

#include "cmd/command.h"

namespace polylog::cmd {

// config check, config show, config describe.
std::vector<Command> config_commands();

}  // namespace polylog::cmd

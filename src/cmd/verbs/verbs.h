#pragma once

#include <vector>

#include "cmd/command.h"

namespace polylog::cmd {

// The commands that talk to a running broker as a client.
std::vector<Command> client_commands();

}  // namespace polylog::cmd

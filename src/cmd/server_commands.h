#pragma once

#include <vector>

#include "cmd/command.h"

namespace polylog::cmd {

// dev, server, version: what runs without a broker to talk to.
std::vector<Command> server_commands();

}  // namespace polylog::cmd

#pragma once

#include <vector>

#include "cmd/command.h"

namespace polylog::cmd {

// The commands that talk to a running broker as a client, and those that explain the program.
std::vector<Command> client_commands();

// Its parts, a file each.
std::vector<Command> topic_commands();
std::vector<Command> group_commands();
std::vector<Command> lag_commands();
std::vector<Command> pub_commands();
std::vector<Command> tail_commands();
std::vector<Command> bench_commands();
std::vector<Command> help_commands();

}  // namespace polylog::cmd

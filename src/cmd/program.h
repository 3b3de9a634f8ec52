#pragma once

#include <span>
#include <string>

#include "cmd/command.h"

namespace polylog::cmd {

// Everything `polylog` can be told to do.
CommandTable all_commands();

// The program, but for main's argument vector. Ignores SIGPIPE, so that a reader who goes away is
// an error of the write.
ExitStatus run_program(std::span<const std::string> words);

}  // namespace polylog::cmd

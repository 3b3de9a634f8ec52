#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cmd/command.h"

namespace polylog::cmd {

// Finds the command that the words name, parses what follows and runs it. Words of the path come
// first, options after them in any order. Help goes to standard output; mistakes go to standard
// error, with the nearest spelling, and answer ExitStatus::usage.
ExitStatus run_command_line(const CommandTable& commands, std::span<const std::string> words);

// The words taken apart, without running anything. Error: invalid_request, saying what is wrong.
base::Result<Arguments> parse_arguments(const CommandTable& commands, const Command& command,
                                        std::span<const std::string> words);

// What --help prints for a command or group; for the path "", of the whole program.
std::string help_text(const CommandTable& commands, std::string_view path);

}  // namespace polylog::cmd

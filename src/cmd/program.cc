#include "cmd/program.h"

#include <csignal>

#include "cmd/command_line.h"
#include "cmd/config_commands.h"
#include "cmd/server_commands.h"
#include "cmd/verbs/verbs.h"

namespace polylog::cmd {

CommandTable all_commands() {
    CommandTable commands;
    commands.add(server_commands());
    commands.add(config_commands());
    commands.add(client_commands());
    return commands;
}

ExitStatus run_program(std::span<const std::string> words) {
    std::signal(SIGPIPE, SIG_IGN);
    return run_command_line(all_commands(), words);
}

}  // namespace polylog::cmd

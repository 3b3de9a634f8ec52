#include "cmd/verbs/reference.h"

#include <fmt/format.h>

#include "cmd/command_line.h"
#include "cmd/output/failure.h"

namespace polylog::cmd {

std::string command_line_reference(const CommandTable& commands) {
    std::string out =
        "# The command line\n\n"
        "Made by `polylog __docs` from the command table; change the table, not this file.\n\n"
        "Every command that talks to a broker takes the same options for the address, the output "
        "format and\n"
        "what of a table is shown. Errors go to standard error, as JSON with `-o json` and `-o "
        "ndjson`.\n";
    for (const Command& command : commands.all()) {
        if (command.hidden) continue;
        out += fmt::format("\n## polylog {}\n\n```text\n{}```\n", command.path,
                           help_text(commands, command.path));
    }
    out += "\n## Error codes\n\n| code | exit status | meaning |\n|---|---|---|\n";
    for (const FailureKind& kind : failure_kinds()) {
        out += fmt::format("| {} | {} | {} |\n", kind.code, static_cast<int>(kind.status),
                           kind.meaning);
    }
    return out;
}

}  // namespace polylog::cmd

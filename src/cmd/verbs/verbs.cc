#include "cmd/verbs/verbs.h"

namespace polylog::cmd {

std::vector<Command> client_commands() {
    std::vector<Command> all;
    for (const auto part : {topic_commands, pub_commands, tail_commands, group_commands,
                            lag_commands, bench_commands, help_commands}) {
        for (Command& command : part()) all.push_back(std::move(command));
    }
    return all;
}

}  // namespace polylog::cmd

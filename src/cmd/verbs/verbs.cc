#include "cmd/verbs/verbs.h"

namespace polylog::cmd {

std::vector<Command> client_commands() {
    return {};
}

}  // namespace polylog::cmd

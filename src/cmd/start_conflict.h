#pragma once

#include <optional>

#include "cmd/command.h"
#include "cmd/output/failure.h"
#include "cmd/settings.h"

namespace polylog::cmd {

// What keeps a server from starting because something that runs already has it: addresses and the
// data directory, all of them at once, with who has them and the command line that starts this
// server beside it. Nothing is made or changed. Nothing: the way is free.
std::optional<Failure> start_conflict(const Arguments& arguments, const Settings& settings);

}  // namespace polylog::cmd

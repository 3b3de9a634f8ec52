#pragma once

#include <string>

#include "base/error.h"
#include "cmd/command.h"

namespace polylog::cmd {

// What went wrong, for a person at a terminal.
struct Report {
    std::string text;
    std::string hint = {};  // what to do about it
};

// To standard error:
//     error: port 9092 is in use
//       hint: choose another with --kafka HOST:PORT
void report_error(const Report& report);

}  // namespace polylog::cmd

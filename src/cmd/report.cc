#include "cmd/report.h"

#include <fmt/format.h>

#include <cstdio>

namespace polylog::cmd {

void report_error(const Report& report) {
    fmt::print(stderr, "error: {}\n", report.text);
    if (!report.hint.empty()) fmt::print(stderr, "  hint: {}\n", report.hint);
}

}  // namespace polylog::cmd

#include "cmd/log_output.h"

#include <unistd.h>

#include "cmd/output/answer.h"
#include "io/linux/clock.h"

namespace polylog::cmd {

namespace {

base::LogFormat format_of(LogOutput output) {
    if (output == LogOutput::automatic) {
        return ::isatty(STDERR_FILENO) ? base::LogFormat::text : base::LogFormat::json;
    }
    return output == LogOutput::text ? base::LogFormat::text : base::LogFormat::json;
}

}  // namespace

LogOutputInstalled::LogOutputInstalled(const LogSettings& settings)
    : writer_(STDERR_FILENO),
      sink_(
          format_of(settings.output), [] { return io::LinuxClock().wall(); },
          [this](std::string_view line) { return writer_.write(line); }),
      installed_(sink_) {}

base::Result<void> LogOutputInstalled::print_between_records(std::string_view text) {
    base::Result<void> printed;
    writer_.run_between_lines([&] { printed = write_output(text); });
    return printed;
}

base::Result<void> apply_log_levels(const LogSettings& settings) {
    TRY_VOID(base::set_log_level("*", settings.level));
    for (const auto& [component, level] : settings.components) {
        TRY_VOID(base::set_log_level(component, level));
    }
    return {};
}

}  // namespace polylog::cmd

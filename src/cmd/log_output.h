#pragma once

#include <string_view>

#include "base/background_line_writer.h"
#include "base/log_sink.h"
#include "base/logging.h"
#include "base/result.h"
#include "cmd/settings.h"

namespace polylog::cmd {

// The process's log on standard error for as long as it lives, as the settings say. Outlives the
// shards.
class LogOutputInstalled {
public:
    explicit LogOutputInstalled(const LogSettings& settings);

    // To standard output, with no record in the middle of it where both go to one terminal. Errors:
    // as write_output.
    base::Result<void> print_between_records(std::string_view text);

private:
    base::BackgroundLineWriter writer_;
    base::LineLogSink sink_;
    base::InstalledLogSink installed_;
};

// Error: invalid_config for a component that does not exist.
base::Result<void> apply_log_levels(const LogSettings& settings);

}  // namespace polylog::cmd

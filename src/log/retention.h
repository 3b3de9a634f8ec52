#pragma once

#include <cstdint>

#include "log/log_state.h"

namespace polylog::log {

// Where the log should start now, by its topic's retention time and size: whole segments go, the
// oldest first, and nothing at or above `upto` (what is not committed everywhere yet is not old).
// The active segment goes too, once all of it has expired. Segments without timestamps do not
// expire. The log's own start when nothing is to be deleted. Pure.
model::Offset retention_start(const LogState& state, int64_t now_ms, model::Offset upto);

}  // namespace polylog::log

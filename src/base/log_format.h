#pragma once

#include <string>

#include "base/logging.h"

namespace polylog::base {

// text, for a terminal:
//     12:00:01.123 INFO  groups  group rebalanced  group=billing gen=14 took=41ms
// json, for machines:
//     {"ts":"2026-01-02T12:00:01.123Z","level":"info","comp":"groups","event":"group_rebalanced",
//      "msg":"group rebalanced","group":"billing","gen":14,"took_ms":41}
// Times are UTC. One record is one line whatever bytes its fields hold: control characters are
// escaped.
enum class LogFormat { text, json };

// Appends the record's line, with its line feed. Values over kMaxLoggedValueBytes are cut.
void append_log_line(std::string& out, const LogRecord& record, LogFormat format);

// Enough for any name; keeps what a peer sends from filling the disk.
constexpr size_t kMaxLoggedValueBytes = 1024;

}  // namespace polylog::base

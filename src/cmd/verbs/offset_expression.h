#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace polylog::cmd {

// A place in a partition, before it is known where its log starts and ends.
struct OffsetBound {
    enum class Kind {
        start,
        end,
        offset,       // value
        after_start,  // value records behind the start
        before_end,   // value records before the end
        time,         // the first record at or after value, in milliseconds since the Unix epoch
    };
    Kind kind = Kind::end;
    int64_t value = 0;
    bool operator==(const OffsetBound&) const = default;
};

// From one bound up to another, which is not included; without it there is no end.
struct OffsetRange {
    OffsetBound from;
    std::optional<OffsetBound> to;
    bool operator==(const OffsetRange&) const = default;
};

// One bound:
//     start, end      the ends of the log
//     47  -10  +10    offset 47; 10 before the end; 10 behind the start
//     @TIME           2026-01-02T03:04:05Z, 2026-01-02, @1767323045 (s) or @1767323045000 (ms)
//     since the
//                     epoch, @-1h or @1h (ago), @now
// Error: invalid_request.
base::Result<OffsetBound> parse_offset_bound(std::string_view text, int64_t now_ms);
// BOUND or BOUND:BOUND.
base::Result<OffsetRange> parse_offset_range(std::string_view text, int64_t now_ms);

// A log's ends: the first offset that is there, and the one behind the last.
struct LogEnds {
    int64_t start = 0;
    int64_t end = 0;
};
// The offset that a bound other than a time stands for, within the ends.
int64_t resolve(const OffsetBound& bound, LogEnds ends);

}  // namespace polylog::cmd

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

// Durations and sizes as people write them in configuration files and on command lines. The exact
// forms read back as the same value; the rounded ones are for tables and logs.
namespace polylog::base {

// "90s", "1h30m", "250ms", "0": whole numbers with a unit (d h m s ms us ns), each unit at most
// once, larger units first. Error: invalid_config saying what is wrong, also when it overflows.
Result<Duration> parse_duration(std::string_view text);
// "1h30m"; a negative duration has a '-' in front, which parse_duration refuses.
std::string format_duration(Duration duration);
// Three significant digits in the largest fitting unit, cut off, not rounded up: "41ms", "1.25s",
// "2.5h".
std::string rounded_duration(Duration duration);

// Bytes: "64MiB", "1GB", "512B", "4096": a whole number, with a unit of powers of 1024 (KiB MiB GiB
// TiB PiB) or of 1000 (kB or KB, MB GB TB PB). A bare "64M" means either and is refused. Error:
// invalid_config.
Result<uint64_t> parse_size(std::string_view text);
// "64MiB": the largest unit of powers of 1024 that divides it, else "1000B".
std::string format_size(uint64_t size_bytes);
// Three significant digits, cut off: "1.33GiB".
std::string rounded_size(uint64_t size_bytes);

// "1 record", "2 records": for nouns that take an s.
std::string counted(uint64_t count, std::string_view noun);

}  // namespace polylog::base

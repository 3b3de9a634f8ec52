#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace polylog::bench {

// What a process has used so far, read from /proc/PID. Zero where the kernel does not tell.
struct ProcessUsage {
    double cpu_seconds = 0;            // user + system, all threads, ended ones too
    uint64_t resident_bytes = 0;       // now
    uint64_t peak_resident_bytes = 0;  // high-water mark since the process started
    uint64_t written_bytes = 0;        // caused to be sent to the disk, page cache included
};

// Errors: not_found when there is no such process, corrupt when /proc reads otherwise than
// expected.
base::Result<ProcessUsage> read_process_usage(pid_t pid);
// This process's own CPU seconds.
double own_cpu_seconds();

// Clock ticks of user + system time in the text of /proc/PID/stat (proc(5), fields 14 and 15; the
// command name before them may hold spaces and parentheses).
base::Result<uint64_t> parse_cpu_ticks(std::string_view stat);
// The number behind `key` ("VmRSS:", "write_bytes:") in /proc/PID/status or /proc/PID/io; 0 when
// absent.
uint64_t parse_counter(std::string_view text, std::string_view key);

}  // namespace polylog::bench

#pragma once

#include <cstdint>
#include <string>

namespace polylog::io {

// How much memory this process may use: the machine's, or less if the control group it runs in
// says so (Linux: cgroup v2 memory.max, v1 memory.limit_in_bytes).
uint64_t usable_memory_bytes();

// The same, of a control group file's text: a number, or "max" (and in v1 an enormous number) for
// no limit, which gives `machine_bytes`.
uint64_t limited_memory_bytes(const std::string& text, uint64_t machine_bytes);

}  // namespace polylog::io

#include "io/linux/memory_size.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

namespace polylog::io {

uint64_t limited_memory_bytes(const std::string& text, uint64_t machine_bytes) {
    uint64_t limit = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc() || limit == 0) return machine_bytes;
    return std::min(limit, machine_bytes);
}

uint64_t usable_memory_bytes() {
    uint64_t bytes = static_cast<uint64_t>(std::max(::sysconf(_SC_PHYS_PAGES), 1L)) *
                     static_cast<uint64_t>(std::max(::sysconf(_SC_PAGESIZE), 1L));
    for (const char* path :
         {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        std::ifstream file(path);
        if (!file) continue;
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        bytes = limited_memory_bytes(text, bytes);
    }
    return bytes;
}

}  // namespace polylog::io

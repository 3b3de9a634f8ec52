#pragma once

#include <cstdint>

namespace polylog::io {

// Raises the number of descriptors this process may have open to what the system allows
// (setrlimit(2): the soft limit to the hard one), and returns it.
uint64_t raise_descriptor_limit();

}  // namespace polylog::io

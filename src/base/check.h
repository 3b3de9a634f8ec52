#pragma once

// CHECK(condition) guards against errors of the programmer, always on: prints where and why, then
// aborts. Never used on what a peer, a disk or a user supplies: that is a Result.
#define CHECK(condition)                                                   \
    do {                                                                   \
        if (!(condition)) [[unlikely]]                                     \
            ::polylog::base::check_failed(#condition, __FILE__, __LINE__); \
    } while (false)

namespace polylog::base {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace polylog::base

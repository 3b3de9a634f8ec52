#include "io/linux/system_error.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>

namespace polylog::io {

namespace {

base::ErrorCode code_of(int number) {
    switch (number) {
    case ENOSPC:
    case EDQUOT: return base::ErrorCode::disk_full;
    case EMFILE:
    case ENFILE: return base::ErrorCode::throttled;
    case ENOENT: return base::ErrorCode::not_found;
    default: return base::ErrorCode::io_failed;
    }
}

}  // namespace

base::Error system_error(int number, std::string_view operation, std::string_view subject) {
    const char* reason = ::strerrordesc_np(number);
    return base::Error(code_of(number), fmt::format("{} {}: {}", operation, subject,
                                                    reason ? reason : "unknown error"));
}

}  // namespace polylog::io

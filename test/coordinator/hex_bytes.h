#pragma once

#include <string>
#include <string_view>

#include "base/hex.h"
#include "base/slice.h"

namespace polylog::coordinator::testing {

// Without blanks, which make bytes legible.
inline std::string compact_hex(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c != ' ') digits += c;
    }
    return digits;
}

inline base::Slice from_hex(std::string_view text) {
    const auto decoded = base::hex_decode(compact_hex(text));
    CHECK(decoded);
    return base::Slice::copy_of(std::as_bytes(std::span(*decoded)));
}

inline std::string to_hex(const base::Slice& slice) {
    return base::hex_encode(slice.bytes());
}

}  // namespace polylog::coordinator::testing

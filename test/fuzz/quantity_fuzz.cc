#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/did_you_mean.h"
#include "base/quantity.h"
#include "base/rfc3339.h"

namespace polylog::base {

// What people type: whatever parses prints to something that parses to the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto duration = parse_duration(text)) {
        CHECK(parse_duration(format_duration(*duration)).value() == *duration);
        CHECK(!rounded_duration(*duration).empty());
    }
    if (const auto size_bytes = parse_size(text)) {
        CHECK(parse_size(format_size(*size_bytes)).value() == *size_bytes);
        CHECK(!rounded_size(*size_bytes).empty());
    }
    if (const auto unix_ms = parse_rfc3339(text)) {
        CHECK(parse_rfc3339(format_rfc3339(*unix_ms)) == *unix_ms);
    }
    constexpr std::string_view kKnown[] = {"retention.ms", "segment.bytes", ""};
    nearest_name(text, kKnown);
    return 0;
}

}  // namespace polylog::base

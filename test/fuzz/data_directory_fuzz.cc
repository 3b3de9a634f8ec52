#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "broker/data_directory.h"

// Any text describes a data directory or is an error, and what was understood is the same after it
// has been written again.
namespace polylog::broker {
namespace {

void fuzz(std::string_view text) {
    const auto directory = decode_data_directory(text);
    if (!directory) {
        CHECK(directory.error() == base::ErrorCode::corrupt ||
              directory.error() == base::ErrorCode::unsupported_version);
        return;
    }
    CHECK(directory->shard_count > 0);
    const auto again = decode_data_directory(encode_data_directory(*directory));
    CHECK(again && *again == *directory);
}

}  // namespace
}  // namespace polylog::broker

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    polylog::broker::fuzz({reinterpret_cast<const char*>(data), size});
    return 0;
}

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "meta/records.h"

// Any bytes are a metadata record or an error, and what was understood is the same after it has
// been written again. A record that is cut short or goes on is corrupt.
namespace polylog::meta {
namespace {

void fuzz(base::Bytes bytes) {
    const auto record = decode_record(bytes);
    if (!record) {
        CHECK(record.error() == base::ErrorCode::corrupt ||
              record.error() == base::ErrorCode::unsupported_version);
        return;
    }
    const base::Slice written = encode_record(*record);
    const auto again = decode_record(written.bytes());
    CHECK(again && *again == *record);
    const auto cut = decode_record(written.bytes().first(bytes.size() % written.size()));
    CHECK(!cut && cut.error() == base::ErrorCode::corrupt);
}

}  // namespace
}  // namespace polylog::meta

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    polylog::meta::fuzz({reinterpret_cast<const std::byte*>(data), size});
    return 0;
}

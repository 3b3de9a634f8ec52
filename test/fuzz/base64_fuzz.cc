#include <cstddef>
#include <cstdint>

#include "base/base64.h"
#include "base/check.h"
#include "base/hex.h"
#include "base/uuid.h"

namespace polylog::base {

// Whatever decodes has exactly one spelling, so encoding gives the input back.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto bytes = base64_decode(text)) {
        CHECK(base64_encode(as_bytes(*bytes)) == text);
    }
    if (const auto bytes = base64url_decode(text)) {
        CHECK(base64url_encode(as_bytes(*bytes)) == text);
    }
    if (const auto bytes = hex_decode(text)) {
        CHECK(hex_decode(hex_encode(as_bytes(*bytes))) == bytes);
    }
    if (const auto uuid = Uuid::from_base64(text)) CHECK(uuid->to_base64() == text);
    CHECK(base64_decode(base64_encode(as_bytes(text))) == text);
    CHECK(base64url_decode(base64url_encode(as_bytes(text))) == text);
    CHECK(hex_decode(hex_encode(as_bytes(text))) == text);
    return 0;
}

}  // namespace polylog::base

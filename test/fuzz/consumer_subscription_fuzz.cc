#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "coordinator/consumer_protocol.h"

// What any client may send as a consumer's metadata. Any bytes are read without overrun, and what
// is found in them was there.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const polylog::base::Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
    const auto topics = polylog::coordinator::subscribed_topics(bytes);
    if (!topics) return 0;
    size_t found_bytes = 6;  // version and count
    for (const std::string& topic : *topics) {
        CHECK(polylog::base::as_text(bytes).find(topic) != std::string_view::npos);
        found_bytes += 2 + topic.size();
    }
    CHECK(found_bytes <= size);
    return 0;
}

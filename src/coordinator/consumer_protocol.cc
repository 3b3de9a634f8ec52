#include "coordinator/consumer_protocol.h"

#include "base/byte_reader.h"

namespace polylog::coordinator {

std::optional<std::set<std::string>> subscribed_topics(base::Bytes metadata) {
    base::ByteReader reader(metadata);
    const auto version = reader.be<int16_t>();
    const auto count = reader.be<int32_t>();
    if (!reader.ok() || version < 0 || count < 0) return {};
    std::set<std::string> topics;
    for (int32_t left = count; left > 0 && reader.ok(); --left) {
        const auto length = reader.be<int16_t>();
        topics.emplace(base::as_text(reader.take(static_cast<size_t>(length))));
    }
    if (!reader.ok()) return {};
    return topics;
}

}  // namespace polylog::coordinator

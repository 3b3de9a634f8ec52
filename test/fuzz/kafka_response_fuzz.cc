#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "protocol/kafka/frame.h"
#include "test/fuzz/kafka_round_trip.h"

// The input is the key and the version of a request, as int16 each, then a response frame to it
// without its size.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
    namespace base = polylog::base;
    namespace kafka = polylog::kafka;
    const base::Bytes input(reinterpret_cast<const std::byte*>(data), size_bytes);
    if (input.size() < 4) return 0;
    const kafka::Api* api = kafka::find_api(base::load_be<int16_t>(input.data()));
    const auto version = base::load_be<int16_t>(input.data() + 2);
    if (!api || !api->has(version)) return 0;
    const auto frame = kafka::parse_response_frame(base::Slice::copy_of(input.subspan(4)), *api,
                                                   version);
    if (!frame) return 0;
    kafka::fuzz::visit_request(*api, [&frame, version]<class Request>() {
        kafka::fuzz::check_round_trip<typename Request::Response>(frame->body, version);
    });
    return 0;
}

#include <cstddef>
#include <cstdint>

#include "protocol/kafka/frame.h"
#include "test/fuzz/kafka_round_trip.h"

// The input is a request frame without its size.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
    namespace base = polylog::base;
    namespace kafka = polylog::kafka;
    const base::Bytes input(reinterpret_cast<const std::byte*>(data), size_bytes);
    const auto frame = kafka::parse_request_frame(base::Slice::copy_of(input));
    if (!frame) return 0;
    kafka::fuzz::visit_request(*frame->api, [&frame]<class Request>() {
        kafka::fuzz::check_round_trip<Request>(frame->body, frame->header.request_api_version);
    });
    return 0;
}

#include "protocol/kafka/frame.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/bytes.h"
#include "protocol/kafka/codec_definitions.h"
#include "protocol/kafka/messages/all.h"

namespace polylog::kafka {

template struct Codec<RequestHeader>;
template struct Codec<ResponseHeader>;

namespace {

// Splits a header off the front of a frame.
template <class Header>
base::Result<base::Slice> take_header(const base::Slice& frame, int16_t header_version,
                                      Header& header) {
    TRY(Decoded<Header> decoded, decode<Header>(frame, header_version));
    header = decoded.message;
    return frame.part(frame.size() - decoded.trailing_bytes, decoded.trailing_bytes);
}

std::vector<const Api*> apis_by_key() {
    std::vector<const Api*> apis;
    AllRequests::for_each([&apis]<class Request>() {
        const auto key = static_cast<size_t>(Request::api.key);
        if (key >= apis.size()) apis.resize(key + 1);
        apis[key] = &Request::api;
    });
    return apis;
}

}  // namespace

base::Result<size_t> frame_bytes(base::Bytes size_field, size_t max_bytes) {
    CHECK(size_field.size() == kFrameSizeBytes);
    const auto size = base::load_be<int32_t>(size_field.data());
    if (size <= 0) return base::fail(base::ErrorCode::invalid_request, "a frame without content");
    if (static_cast<size_t>(size) > max_bytes)
        return base::fail(base::ErrorCode::message_too_large);
    return static_cast<size_t>(size);
}

const Api* find_api(int16_t key) {
    static const std::vector<const Api*> apis = apis_by_key();
    if (key < 0 || static_cast<size_t>(key) >= apis.size()) return nullptr;
    return apis[static_cast<size_t>(key)];
}

base::Result<RequestFrame> parse_request_frame(const base::Slice& frame) {
    constexpr size_t kKeyAndVersionBytes = 4;
    if (frame.size() < kKeyAndVersionBytes) {
        return base::fail(base::ErrorCode::invalid_request, "a frame that ends within its header");
    }
    const auto key = base::load_be<int16_t>(frame.data());
    const auto version = base::load_be<int16_t>(frame.data() + sizeof key);
    RequestFrame request;
    request.api = find_api(key);
    if (!request.api)
        return base::fail(base::ErrorCode::unsupported, "api key " + std::to_string(key));
    TRY(request.body,
        take_header(frame, request_header_version(*request.api, version), request.header));
    return request;
}

base::Result<ResponseFrame> parse_response_frame(const base::Slice& frame, const Api& api,
                                                 int16_t version) {
    ResponseHeader header;
    ResponseFrame response;
    TRY(response.body, take_header(frame, response_header_version(api, version), header));
    response.correlation_id = header.correlation_id;
    return response;
}

FrameWriter FrameWriter::request(const RequestHeader& header, const Api& api) {
    FrameWriter frame;
    frame.header_ = encode(header, request_header_version(api, header.request_api_version),
                           frame.output_);
    return frame;
}

FrameWriter FrameWriter::response(int32_t correlation_id, const Api& api, int16_t version) {
    FrameWriter frame;
    frame.header_ = encode(ResponseHeader{.correlation_id = correlation_id},
                           response_header_version(api, version), frame.output_);
    return frame;
}

base::Result<Output> FrameWriter::finish() {
    TRY_VOID(std::move(header_));
    const size_t size_bytes = output_.size_bytes() - kFrameSizeBytes;
    if (size_bytes > std::numeric_limits<int32_t>::max())
        return base::fail(base::ErrorCode::message_too_large);
    base::store_be(size_field_, static_cast<int32_t>(size_bytes));
    return std::move(output_);
}

}  // namespace polylog::kafka

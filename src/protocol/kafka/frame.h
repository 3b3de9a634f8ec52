#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/slice.h"
#include "protocol/kafka/codec.h"
#include "protocol/kafka/output.h"
#include "protocol/kafka/wire.h"

// Frames: an int32 size, a header, a message (Kafka protocol guide, "The Messages"). On one
// connection the responses come in the order of the requests.
namespace polylog::kafka {

constexpr size_t kFrameSizeBytes = 4;

// How many bytes follow the size. `size_field` has kFrameSizeBytes bytes. `invalid_request` when
// the size is negative or zero, `message_too_large` when it is beyond the connection's bound.
base::Result<size_t> frame_bytes(base::Bytes size_field, size_t max_bytes);

// Version 1, or version 2 with a tag section; which one follows from the api and its version.
// Version 0, without a client id, belonged to a call between brokers only.
struct RequestHeader {
    static constexpr Api api{.name = "RequestHeader", .min = 1, .max = 2, .flexible_from = 2};

    int16_t request_api_key = 0;
    int16_t request_api_version = 0;
    int32_t correlation_id = 0;
    std::optional<std::string_view> client_id;

    void wire(auto& io) {
        io(request_api_key)(request_api_version)(correlation_id).classic(client_id);
    }
};

// Version 0, or version 1 with a tag section.
struct ResponseHeader {
    static constexpr Api api{.name = "ResponseHeader", .min = 0, .max = 1, .flexible_from = 1};

    int32_t correlation_id = 0;

    void wire(auto& io) { io(correlation_id); }
};

constexpr int16_t request_header_version(const Api& api, int16_t version) {
    return api.flexible(version) ? 2 : 1;
}
// The response to ApiVersions keeps version 0: a client that asked in a version unknown to the
// broker must be able to read the refusal (KIP-511).
constexpr int16_t response_header_version(const Api& api, int16_t version) {
    constexpr int16_t kApiVersionsKey = 18;
    return api.flexible(version) && api.key != kApiVersionsKey ? 1 : 0;
}

// The api that this room speaks under a key; nullptr if none.
const Api* find_api(int16_t key);

// A request taken apart up to its message. `api` has static storage.
struct RequestFrame {
    RequestHeader header;  // client_id is a view into the frame
    const Api* api = nullptr;
    base::Slice body;  // for decode<...Request>(body, header.request_api_version)
};

// Takes a frame without its size field apart. `unsupported` when the key is unknown, in which case
// nothing after the version can be trusted; `invalid_request` when the header is malformed. A
// version outside the api is no error here: its header can be read, and ApiVersions answers it.
base::Result<RequestFrame> parse_request_frame(const base::Slice& frame);

// An answer without its header; the body shares the frame's bytes.
struct ResponseFrame {
    int32_t correlation_id = 0;
    base::Slice body;
};

// The same for the other end, which knows what it asked.
base::Result<ResponseFrame> parse_response_frame(const base::Slice& frame, const Api& api,
                                                 int16_t version);

// A whole frame under construction: size and header first, the message next, its size at last.
// These are the halves around encode(); the templates below do all three.
class FrameWriter {
public:
    static FrameWriter request(const RequestHeader& header, const Api& api);
    static FrameWriter response(int32_t correlation_id, const Api& api, int16_t version);

    Output& output() { return output_; }
    // Fills in the size. `message_too_large` when it, or the client id, is longer than its field
    // can say.
    base::Result<Output> finish();

private:
    FrameWriter() : size_field_(output_.extend(kFrameSizeBytes)) {}

    Output output_;
    std::byte* size_field_;      // in output_'s first chunk, which does not move
    base::Result<void> header_;  // how encoding the header went
};

// A request as a whole frame, ready to send. header.request_api_key need not be set. Errors as
// encode().
template <class Request>
base::Result<Output> encode_request(RequestHeader header, const Request& request) {
    header.request_api_key = Request::api.key;
    FrameWriter frame = FrameWriter::request(header, Request::api);
    TRY_VOID(encode(request, header.request_api_version, frame.output()));
    return frame.finish();
}

// A response as a whole frame, ready to send. Errors as encode().
template <class Response>
base::Result<Output> encode_response(int32_t correlation_id, int16_t version,
                                     const Response& response) {
    FrameWriter frame = FrameWriter::response(correlation_id, Response::api, version);
    TRY_VOID(encode(response, version, frame.output()));
    return frame.finish();
}

}  // namespace polylog::kafka

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "protocol/http/request_parser.h"

namespace polylog::http {

namespace {

const RequestLimits kLimits{.head_max_bytes = 2048, .headers_max = 20, .body_max_bytes = 512};

// What a connection would have seen, in words.
std::vector<std::string> parse(std::string_view bytes, size_t piece_bytes) {
    RequestParser parser(kLimits);
    std::vector<std::string> seen;
    while (!bytes.empty() && parser.failed_status() == 0) {
        std::string_view piece = bytes.substr(0, piece_bytes);
        bytes.remove_prefix(piece.size());
        while (!piece.empty() && parser.failed_status() == 0) {
            const size_t used = parser.consume(piece);
            CHECK(used > 0 && used <= piece.size());
            piece.remove_prefix(used);
            if (!parser.complete()) continue;
            const Request request = parser.take();
            CHECK(request.body.size() <= kLimits.body_max_bytes);
            CHECK(request.headers.size() <= kLimits.headers_max);
            request.parameter("a");
            seen.push_back(std::string(request.method) + ' ' + std::string(request.target) + ' ' +
                           request.body);
        }
    }
    seen.push_back(std::to_string(parser.failed_status()));
    return seen;
}

}  // namespace

// Any bytes, cut anywhere, give the same requests, within the limits.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = parse(bytes, SIZE_MAX);
    CHECK(parse(bytes, size_t{data[0]} + 1) == whole);
    return 0;
}

}  // namespace polylog::http

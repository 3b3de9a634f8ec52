#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "protocol/aws/routing.h"
#include "protocol/aws/signature.h"
#include "protocol/http/request_parser.h"

namespace polylog::aws {

namespace {

std::optional<base::Secret> find_secret(std::string_view access_key) {
    if (access_key != "AKIDEXAMPLE") return std::nullopt;
    return base::Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
}

}  // namespace

// Any request has a route and is signed or not; nothing is verified by chance.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    http::RequestParser parser({.head_max_bytes = 4096, .headers_max = 20, .body_max_bytes = 1024});
    parser.consume(std::string_view(reinterpret_cast<const char*>(data), size));
    if (!parser.complete()) return 0;
    const http::Request request = parser.take();
    const Route route = find_route(request);
    CHECK((route.operation == nullptr) == route.refused.has_value());
    const auto signature = parse_signature(request);
    if (signature) {
        CHECK(scope_of(request).has_value());
        string_to_sign(*signature, canonical_request(request, *signature));
    }
    SignatureVerifier verifier(find_secret);
    const auto verified = verifier.verify(request, route.service,
                                          base::from_unix_ms(1440938160000));
    CHECK(!verified || signature);
    return 0;
}

}  // namespace polylog::aws

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct SaslHandshakeResponse;

// Chooses how to authenticate. After version 0 bare tokens follow, each behind an int32 size,
// without any Kafka header; after version 1 SaslAuthenticate requests do (KIP-152).
struct SaslHandshakeRequest {
    static constexpr Api api{.key = 17, .name = "SaslHandshake", .min = 0, .max = 1};
    using Response = SaslHandshakeResponse;

    std::string_view mechanism;

    void wire(auto& io) { io(mechanism); }
};

struct SaslHandshakeResponse {
    static constexpr Api api = SaslHandshakeRequest::api;

    ApiError error_code = ApiError::none;
    std::vector<std::string> mechanisms;  // what the broker offers

    void wire(auto& io) { io(error_code)(mechanisms); }
};

}  // namespace polylog::kafka

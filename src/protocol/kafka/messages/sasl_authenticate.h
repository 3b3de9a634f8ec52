#pragma once

#include <optional>
#include <string>

#include "base/slice.h"
#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct SaslAuthenticateResponse;

// One step of the authentication exchange.
struct SaslAuthenticateRequest {
    static constexpr Api api{
        .key = 36, .name = "SaslAuthenticate", .min = 0, .max = 2, .flexible_from = 2};
    using Response = SaslAuthenticateResponse;

    base::Slice auth_bytes;  // secret: never logged

    void wire(auto& io) { io(auth_bytes); }
};

struct SaslAuthenticateResponse {
    static constexpr Api api = SaslAuthenticateRequest::api;

    ApiError error_code = ApiError::none;
    std::optional<std::string> error_message;
    base::Slice auth_bytes;
    int64_t session_lifetime_ms = 0;  // authenticate again before it ends (KIP-368); 0: never

    void wire(auto& io) { io(error_code)(error_message)(auth_bytes).since(1, session_lifetime_ms); }
};

}  // namespace polylog::kafka

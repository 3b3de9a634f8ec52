#include "protocol/kafka/handlers/api_versions.h"

#include <algorithm>

#include "protocol/kafka/dispatch.h"

namespace polylog::kafka {

namespace {

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// KIP-511: letters, digits, '-' and '.', beginning and ending with a letter or digit.
bool is_software_name(std::string_view text) {
    return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
           std::ranges::all_of(text,
                               [](char c) { return is_alphanumeric(c) || c == '-' || c == '.'; });
}

std::vector<ApiVersionsResponse::ApiVersion> served_versions() {
    std::vector<ApiVersionsResponse::ApiVersion> versions;
    for (const Served& served : served_apis()) {
        versions.push_back({.api_key = served.api->key,
                            .min_version = served.api->advertised_min,
                            .max_version = served.api->max});
    }
    return versions;
}

}  // namespace

io::Task<ApiVersionsResponse> api_versions(Client&, const Call& call, ApiVersionsRequest request) {
    ApiVersionsResponse response;
    const bool names_itself = call.version() >= 3;
    if (names_itself && !(is_software_name(request.client_software_name) &&
                          is_software_name(request.client_software_version))) {
        response.error_code = ApiError::invalid_request;
        co_return response;
    }
    response.api_keys = served_versions();
    co_return response;
}

base::Result<Output> refuse_api_versions(const Call& call) {
    ApiVersionsResponse response;
    response.error_code = ApiError::unsupported_version;
    response.api_keys.push_back({.api_key = ApiVersionsRequest::api.key,
                                 .min_version = ApiVersionsRequest::api.advertised_min,
                                 .max_version = ApiVersionsRequest::api.max});
    return encode_response(call.request.header.correlation_id, 0, response);
}

}  // namespace polylog::kafka

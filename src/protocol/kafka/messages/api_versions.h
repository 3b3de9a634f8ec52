#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct ApiVersionsResponse;

// The first request of every connection: which calls and versions does the broker speak?
struct ApiVersionsRequest {
    static constexpr Api api{
        .key = 18, .name = "ApiVersions", .min = 0, .max = 4, .flexible_from = 3};
    using Response = ApiVersionsResponse;

    std::string_view client_software_name;
    std::string_view client_software_version;

    void wire(auto& io) { io.since(3, client_software_name).since(3, client_software_version); }
};

struct ApiVersionsResponse {
    static constexpr Api api = ApiVersionsRequest::api;

    struct ApiVersion {
        int16_t api_key = 0;
        int16_t min_version = 0;
        int16_t max_version = 0;
        void wire(auto& io) { io(api_key)(min_version)(max_version); }
    };
    struct SupportedFeature {
        std::string name;
        int16_t min_version = 0;  // 0 only from version 4 on: older clients refuse it (KAFKA-17011)
        int16_t max_version = 0;
        void wire(auto& io) { io(name)(min_version)(max_version); }
    };
    struct FinalizedFeature {
        std::string name;
        int16_t max_version_level = 0;
        int16_t min_version_level = 0;
        void wire(auto& io) { io(name)(max_version_level)(min_version_level); }
    };

    ApiError error_code = ApiError::none;
    std::vector<ApiVersion> api_keys;
    int32_t throttle_time_ms = 0;
    std::vector<SupportedFeature> supported_features;
    int64_t finalized_features_epoch = -1;  // -1 unknown
    std::vector<FinalizedFeature> finalized_features;
    bool zk_migration_ready = false;

    void wire(auto& io) {
        io(error_code)(api_keys)
            .since(1, throttle_time_ms)
            .tag(0, supported_features)
            .tag(1, finalized_features_epoch, -1)
            .tag(2, finalized_features)
            .tag(3, zk_migration_ready);
    }
};

}  // namespace polylog::kafka

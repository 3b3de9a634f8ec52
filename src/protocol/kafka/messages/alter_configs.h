#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/messages/config_resource.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

// How it went for each resource: the answer of both calls below.
struct AlteredConfigResource {
    ApiError error_code = ApiError::none;
    std::optional<std::string> error_message;
    ConfigResourceType resource_type = ConfigResourceType::unknown;
    std::string resource_name;
    void wire(auto& io) { io(error_code)(error_message)(resource_type)(resource_name); }
};

struct AlterConfigsResponse;

// Replaces a resource's whole configuration: keys that are not listed return to their defaults.
struct AlterConfigsRequest {
    static constexpr Api api{
        .key = 33, .name = "AlterConfigs", .min = 0, .max = 2, .flexible_from = 2};
    using Response = AlterConfigsResponse;

    struct Config {
        std::string_view name;
        std::optional<std::string_view> value;
        void wire(auto& io) { io(name)(value); }
    };
    struct Resource {
        ConfigResourceType resource_type = ConfigResourceType::unknown;
        std::string_view resource_name;
        std::vector<Config> configs;
        void wire(auto& io) { io(resource_type)(resource_name)(configs); }
    };

    std::vector<Resource> resources;
    bool validate_only = false;

    void wire(auto& io) { io(resources)(validate_only); }
};

struct AlterConfigsResponse {
    static constexpr Api api = AlterConfigsRequest::api;

    int32_t throttle_time_ms = 0;
    std::vector<AlteredConfigResource> responses;

    void wire(auto& io) { io(throttle_time_ms)(responses); }
};

struct IncrementalAlterConfigsResponse;

// Changes the keys that are listed and no others (KIP-339).
struct IncrementalAlterConfigsRequest {
    static constexpr Api api{
        .key = 44, .name = "IncrementalAlterConfigs", .min = 0, .max = 1, .flexible_from = 1};
    using Response = IncrementalAlterConfigsResponse;

    struct Config {
        std::string_view name;
        ConfigOperation config_operation = ConfigOperation::set;
        std::optional<std::string_view> value;
        void wire(auto& io) { io(name)(config_operation)(value); }
    };
    struct Resource {
        ConfigResourceType resource_type = ConfigResourceType::unknown;
        std::string_view resource_name;
        std::vector<Config> configs;
        void wire(auto& io) { io(resource_type)(resource_name)(configs); }
    };

    std::vector<Resource> resources;
    bool validate_only = false;

    void wire(auto& io) { io(resources)(validate_only); }
};

struct IncrementalAlterConfigsResponse {
    static constexpr Api api = IncrementalAlterConfigsRequest::api;

    int32_t throttle_time_ms = 0;
    std::vector<AlteredConfigResource> responses;

    void wire(auto& io) { io(throttle_time_ms)(responses); }
};

}  // namespace polylog::kafka

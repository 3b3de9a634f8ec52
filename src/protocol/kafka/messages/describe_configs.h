#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/kafka/errors.h"
#include "protocol/kafka/messages/config_resource.h"
#include "protocol/kafka/wire.h"

namespace polylog::kafka {

struct DescribeConfigsResponse;

// The settings in effect, where each comes from, and what it would be otherwise.
struct DescribeConfigsRequest {
    static constexpr Api api{
        .key = 32, .name = "DescribeConfigs", .min = 1, .max = 4, .flexible_from = 4};
    using Response = DescribeConfigsResponse;

    struct Resource {
        ConfigResourceType resource_type = ConfigResourceType::unknown;
        std::string_view resource_name;
        std::optional<std::vector<std::string_view>> configuration_keys;  // null = all
        void wire(auto& io) { io(resource_type)(resource_name)(configuration_keys); }
    };

    std::vector<Resource> resources;
    bool include_synonyms = false;
    bool include_documentation = false;

    void wire(auto& io) { io(resources)(include_synonyms).since(3, include_documentation); }
};

struct DescribeConfigsResponse {
    static constexpr Api api = DescribeConfigsRequest::api;

    // What one source says; strongest first, so the first one is in force.
    struct Synonym {
        std::string name;
        std::optional<std::string> value;
        ConfigSource source = ConfigSource::unknown;
        void wire(auto& io) { io(name)(value)(source); }
    };
    struct Config {
        std::string name;
        std::optional<std::string> value;  // null when sensitive
        bool read_only = false;
        ConfigSource config_source = ConfigSource::none;
        bool is_sensitive = false;
        std::vector<Synonym> synonyms;
        ConfigType config_type = ConfigType::unknown;
        std::optional<std::string> documentation;
        void wire(auto& io) {
            io(name)(value)(read_only)(config_source)(is_sensitive)(synonyms);
            io.since(3, config_type).since(3, documentation);
        }
    };
    struct Resource {
        ApiError error_code = ApiError::none;
        std::optional<std::string> error_message;
        ConfigResourceType resource_type = ConfigResourceType::unknown;
        std::string resource_name;
        std::vector<Config> configs;
        void wire(auto& io) {
            io(error_code)(error_message)(resource_type)(resource_name)(configs);
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Resource> results;

    void wire(auto& io) { io(throttle_time_ms)(results); }
};

}  // namespace polylog::kafka

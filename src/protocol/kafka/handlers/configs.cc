#include <algorithm>
#include <charconv>

#include "io/pace.h"
#include "io/signal.h"
#include "protocol/kafka/handlers/mentions.h"
#include "protocol/kafka/handlers/topics.h"

namespace polylog::kafka {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

ConfigSource to_source(model::ConfigSource source) {
    switch (source) {
    case model::ConfigSource::dynamic_topic: return ConfigSource::topic_config;
    case model::ConfigSource::dynamic_broker: return ConfigSource::dynamic_broker_config;
    case model::ConfigSource::dynamic_default: return ConfigSource::dynamic_default_broker_config;
    case model::ConfigSource::static_broker: return ConfigSource::static_broker_config;
    case model::ConfigSource::built_in: return ConfigSource::default_config;
    }
    CHECK(false && "a ConfigSource outside the enum");
}

ConfigType to_type(model::ConfigType type) {
    switch (type) {
    case model::ConfigType::boolean: return ConfigType::boolean;
    case model::ConfigType::string: return ConfigType::string;
    case model::ConfigType::int16: return ConfigType::int16;
    case model::ConfigType::int32: return ConfigType::int32;
    case model::ConfigType::int64: return ConfigType::int64;
    case model::ConfigType::float64: return ConfigType::float64;
    case model::ConfigType::list: return ConfigType::list;
    }
    CHECK(false && "a ConfigType outside the enum");
}

namespace {

// Which broker a resource name means: all of them (empty), or this one.
Result<model::DynamicLayer> broker_layer(std::string_view name, model::NodeId node) {
    if (name.empty()) return model::DynamicLayer::all_brokers;
    int32_t id = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error != std::errc() || end != name.data() + name.size() || id != node.value) {
        return fail(ErrorCode::invalid_request, "no broker has the id '" + std::string(name) + "'");
    }
    return model::DynamicLayer::broker;
}

Result<std::vector<model::ConfigEntry>> entries_of(
    Client& client, const DescribeConfigsRequest::Resource& resource) {
    const meta::ImagePtr image = client.service.broker.topics().image();
    if (resource.resource_type == ConfigResourceType::topic) {
        const auto topic = image->find(resource.resource_name);
        if (!topic) return fail(ErrorCode::unknown_topic);
        return model::describe_topic_config(topic->overrides, image->broker_layers);
    }
    if (resource.resource_type == ConfigResourceType::broker) {
        TRY(const auto layer, broker_layer(resource.resource_name, client.service.broker.node()));
        auto entries = model::describe_broker_config(image->broker_layers);
        // Of all brokers together only what was set for all of them is known.
        if (layer == model::DynamicLayer::all_brokers) {
            std::erase_if(entries, [](const model::ConfigEntry& entry) {
                return entry.source != model::ConfigSource::dynamic_default;
            });
        }
        return entries;
    }
    return fail(ErrorCode::invalid_request, "only topics and brokers have a configuration here");
}

DescribeConfigsResponse::Config to_config(const model::ConfigEntry& entry,
                                          const DescribeConfigsRequest& request) {
    DescribeConfigsResponse::Config config{.name = std::string(entry.name),
                                           .value = entry.value,
                                           .read_only = entry.read_only,
                                           .config_source = to_source(entry.source),
                                           .is_sensitive = entry.sensitive,
                                           .config_type = to_type(entry.type)};
    if (request.include_synonyms) {
        for (const model::ConfigSynonym& synonym : entry.synonyms) {
            config.synonyms.push_back({.name = synonym.name,
                                       .value = synonym.value,
                                       .source = to_source(synonym.source)});
        }
    }
    if (request.include_documentation) config.documentation = std::string(entry.documentation);
    return config;
}

bool wants(const DescribeConfigsRequest::Resource& resource, std::string_view name) {
    return !resource.configuration_keys ||
           std::ranges::count(*resource.configuration_keys, name) > 0;
}

using ResourceMention = std::pair<ConfigResourceType, std::string_view>;

// What a request does to each resource: one that is named again contradicts itself, and is refused.
class Alterations {
public:
    template <class Resource>
    explicit Alterations(const std::vector<Resource>& resources) {
        for (const Resource& resource : resources) counts_.count(mention(resource));
    }
    template <class Resource>
    bool first(const Resource& resource) {
        return mentioned_.first(mention(resource));
    }
    template <class Resource>
    Result<void> check(const Resource& resource) const {
        if (!counts_.repeated(mention(resource))) return {};
        return fail(ErrorCode::invalid_request, "the resource is named twice in one request");
    }

private:
    template <class Resource>
    static ResourceMention mention(const Resource& resource) {
        return {resource.resource_type, resource.resource_name};
    }

    MentionCounts<ResourceMention> counts_;
    Mentioned<ResourceMention> mentioned_;
};

// What both ways of altering have in common: whom, how, and whether only to try.
struct Alteration {
    ConfigResourceType type;
    std::string name;
    meta::ConfigAlteration alteration;
    bool validate_only;
};

Task<Result<void>> alter(Client& client, Alteration wanted) {
    broker::Topics& topics = client.service.broker.topics();
    if (wanted.type == ConfigResourceType::topic) {
        co_return co_await topics.alter_topic(std::move(wanted.name), std::move(wanted.alteration),
                                              wanted.validate_only);
    }
    if (wanted.type == ConfigResourceType::broker) {
        CO_TRY(const auto layer, broker_layer(wanted.name, client.service.broker.node()));
        co_return co_await topics.alter_broker(layer, std::move(wanted.alteration),
                                               wanted.validate_only);
    }
    co_return fail(ErrorCode::invalid_request, "only topics and brokers have a configuration here");
}

AlteredConfigResource to_altered(ConfigResourceType type, std::string_view name,
                                 const Result<void>& altered) {
    AlteredConfigResource answer{.resource_type = type, .resource_name = std::string(name)};
    if (!altered) {
        answer.error_code = to_api_error(altered.error().code(), Subject::topic);
        answer.error_message = std::string(altered.error().detail());
    }
    return answer;
}

Result<model::ConfigChange::Operation> to_operation(ConfigOperation operation) {
    using Operation = model::ConfigChange::Operation;
    switch (operation) {
    case ConfigOperation::set: return Operation::set;
    case ConfigOperation::remove: return Operation::reset;
    case ConfigOperation::append: return Operation::append;
    case ConfigOperation::subtract: return Operation::subtract;
    }
    return fail(ErrorCode::invalid_request, "an operation that does not exist");
}

std::optional<std::string> owned(std::optional<std::string_view> text) {
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

}  // namespace

Task<DescribeConfigsResponse> describe_configs(Client& client, const Call&,
                                               DescribeConfigsRequest request) {
    DescribeConfigsResponse response;
    Mentioned<ResourceMention> mentioned;
    io::Pace pace;
    for (const DescribeConfigsRequest::Resource& resource : request.resources) {
        if (pace.due()) co_await io::end_of_turn();
        if (!mentioned.first({resource.resource_type, resource.resource_name})) continue;
        auto& answer = response.results.emplace_back();
        answer.resource_type = resource.resource_type;
        answer.resource_name = resource.resource_name;
        const auto entries = entries_of(client, resource);
        if (!entries) {
            answer.error_code = to_api_error(entries.error().code(), Subject::topic);
            answer.error_message = std::string(entries.error().detail());
            continue;
        }
        for (const model::ConfigEntry& entry : *entries) {
            if (wants(resource, entry.name)) answer.configs.push_back(to_config(entry, request));
        }
    }
    co_return response;
}

Task<AlterConfigsResponse> alter_configs(Client& client, const Call&, AlterConfigsRequest request) {
    AlterConfigsResponse response;
    Alterations alterations(request.resources);
    io::Pace pace;
    for (const AlterConfigsRequest::Resource& resource : request.resources) {
        if (pace.due()) co_await io::end_of_turn();
        if (!alterations.first(resource)) continue;
        Alteration wanted{.type = resource.resource_type,
                          .name = std::string(resource.resource_name),
                          .alteration = {.changes = {}, .replace_all = true},
                          .validate_only = request.validate_only};
        for (const AlterConfigsRequest::Config& config : resource.configs) {
            wanted.alteration.changes.push_back(
                {.name = std::string(config.name), .value = owned(config.value)});
        }
        Result<void> altered = alterations.check(resource);
        if (altered) altered = co_await alter(client, std::move(wanted));
        response.responses.push_back(
            to_altered(resource.resource_type, resource.resource_name, altered));
    }
    co_return response;
}

Task<IncrementalAlterConfigsResponse> incremental_alter_configs(
    Client& client, const Call&, IncrementalAlterConfigsRequest request) {
    IncrementalAlterConfigsResponse response;
    Alterations alterations(request.resources);
    io::Pace pace;
    for (const IncrementalAlterConfigsRequest::Resource& resource : request.resources) {
        if (pace.due()) co_await io::end_of_turn();
        if (!alterations.first(resource)) continue;
        Alteration wanted{.type = resource.resource_type,
                          .name = std::string(resource.resource_name),
                          .alteration = {},
                          .validate_only = request.validate_only};
        Result<void> altered = alterations.check(resource);
        for (const IncrementalAlterConfigsRequest::Config& config : resource.configs) {
            const auto operation = to_operation(config.config_operation);
            if (!operation) altered = fail(operation.error());
            wanted.alteration.changes.push_back(
                {.name = std::string(config.name),
                 .operation = operation.value_or(model::ConfigChange::Operation::set),
                 .value = owned(config.value)});
        }
        if (altered) altered = co_await alter(client, std::move(wanted));
        response.responses.push_back(
            to_altered(resource.resource_type, resource.resource_name, altered));
    }
    co_return response;
}

}  // namespace polylog::kafka

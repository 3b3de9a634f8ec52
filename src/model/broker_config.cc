#include "model/broker_config.h"

#include <utility>

#include <fmt/format.h>

#include "model/broker_config_keys.h"

namespace polylog::model {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

bool is_dynamic(ConfigSource source) {
    return source != ConfigSource::static_broker;
}

// Every setting is one that a broker has, takes the value, and may be set where it is set.
Result<void> check_layers(const BrokerConfigLayers& layers) {
    for (const auto& [layer, source] : layers.in_order()) {
        for (const auto& [name, text] : *layer) {
            TRY(const ConfigKey* key, broker_config_keys().require(name));
            TRY_VOID(parse_config(*key, text));
            if (key->read_only && is_dynamic(source)) {
                return fail(
                    ErrorCode::invalid_config,
                    fmt::format("{} takes effect at start only: set it in the configuration file",
                                name));
            }
        }
    }
    return {};
}

// Where a key has a value, the strongest first, the built-in one last.
std::vector<ConfigSynonym> values_of(const ConfigKey& key, const BrokerConfigLayers& layers) {
    std::vector<ConfigSynonym> values;
    for (const auto& [layer, source] : layers.in_order()) {
        const auto found = layer->find(key.name);
        if (found != layer->end()) values.push_back({found->first, found->second, source});
    }
    if (key.default_value) {
        values.push_back(
            {std::string(key.name), std::string(*key.default_value), ConfigSource::built_in});
    }
    return values;
}

Result<void> check_order(std::string_view lower_name, base::Duration lower,
                         std::string_view upper_name, base::Duration upper) {
    if (lower <= upper) return {};
    return fail(ErrorCode::invalid_config,
                fmt::format("{} ({} ms) is above {} ({} ms)", lower_name, base::to_ms(lower),
                            upper_name, base::to_ms(upper)));
}

Result<void> check_consistency(const BrokerConfig& config) {
    TRY_VOID(check_order("group.min.session.timeout.ms", config.group_min_session_timeout,
                         "group.max.session.timeout.ms", config.group_max_session_timeout));
    TRY_VOID(check_order("group.consumer.min.session.timeout.ms",
                         config.consumer_group_min_session_timeout,
                         "group.consumer.session.timeout.ms",
                         config.consumer_group_session_timeout));
    TRY_VOID(check_order("group.consumer.session.timeout.ms", config.consumer_group_session_timeout,
                         "group.consumer.max.session.timeout.ms",
                         config.consumer_group_max_session_timeout));
    TRY_VOID(check_order("group.consumer.min.heartbeat.interval.ms",
                         config.consumer_group_min_heartbeat_interval,
                         "group.consumer.heartbeat.interval.ms",
                         config.consumer_group_heartbeat_interval));
    TRY_VOID(check_order("group.consumer.heartbeat.interval.ms",
                         config.consumer_group_heartbeat_interval,
                         "group.consumer.max.heartbeat.interval.ms",
                         config.consumer_group_max_heartbeat_interval));
    TRY_VOID(check_order("replica.fetch.wait.max.ms", config.replica_fetch_wait_max,
                         "replica.lag.time.max.ms", config.replica_lag_time_max));
    return check_order("group.consumer.heartbeat.interval.ms",
                       config.consumer_group_heartbeat_interval,
                       "group.consumer.session.timeout.ms", config.consumer_group_session_timeout);
}

}  // namespace

const ConfigKeys& broker_config_keys() {
    static const ConfigKeys keys = [] {
        std::vector<ConfigKey> list = topic_default_keys();
        for (const BrokerField& field : broker_fields()) list.push_back(field.key);
        return ConfigKeys("broker", std::move(list));
    }();
    return keys;
}

Result<BrokerConfig> parse_broker_config(const BrokerConfigLayers& layers) {
    TRY_VOID(check_layers(layers));
    BrokerConfig config;
    for (const BrokerField& field : broker_fields()) {
        const std::vector<ConfigSynonym> values = values_of(field.key, layers);
        if (values.empty() || field.assign == nullptr) continue;
        TRY(const ConfigValue value, parse_config(field.key, *values.front().value));
        field.assign(config, field.key, value);
    }
    TRY(config.topic_defaults, topic_defaults(layers));
    TRY_VOID(check_consistency(config));
    return config;
}

Result<ConfigMap> alter_broker_config(const BrokerConfigLayers& layers, DynamicLayer layer,
                                      std::span<const ConfigChange> changes) {
    BrokerConfigLayers altered = layers;
    ConfigMap& target = layer == DynamicLayer::broker ? altered.dynamic_broker
                                                      : altered.dynamic_default;
    ConfigMap inherited;
    for (const ConfigKey& key : broker_config_keys().all()) {
        if (key.type != ConfigType::list) continue;
        const std::vector<ConfigSynonym> values = values_of(key, layers);
        if (!values.empty()) inherited.emplace(key.name, *values.front().value);
    }
    TRY(target, apply_changes(broker_config_keys(), target, changes, inherited));
    TRY_VOID(parse_broker_config(altered));
    return target;
}

std::vector<ConfigEntry> describe_broker_config(const BrokerConfigLayers& layers) {
    std::vector<ConfigEntry> entries;
    for (const ConfigKey& key : broker_config_keys().all()) {
        ConfigEntry entry{.name = key.name,
                          .type = key.type,
                          .read_only = key.read_only,
                          .sensitive = key.sensitive,
                          .synonyms = values_of(key, layers),
                          .documentation = key.documentation};
        if (!entry.synonyms.empty()) {
            entry.value = entry.synonyms.front().value;
            entry.source = entry.synonyms.front().source;
        }
        entries.push_back(without_secrets(std::move(entry)));
    }
    return entries;
}

}  // namespace polylog::model

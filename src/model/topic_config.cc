#include "model/topic_config.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "model/topic_config_keys.h"

namespace polylog::model {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

const TopicField* find_field(std::string_view name) {
    const auto fields = topic_fields();
    const auto found = std::ranges::find(fields, name,
                                         [](const TopicField& field) { return field.key.name; });
    return found != fields.end() ? &*found : nullptr;
}

std::span<const BrokerSynonym> synonyms_of(const TopicField& field) {
    const auto unused = std::ranges::find_if(field.synonyms, &std::string_view::empty,
                                             &BrokerSynonym::name);
    return {field.synonyms, static_cast<size_t>(unused - field.synonyms)};
}

// A topic key's broker setting as a key of its own.
ConfigKey broker_key(const TopicField& field, const BrokerSynonym& synonym) {
    const auto synonyms = synonyms_of(field);
    ConfigKey key = field.key;
    key.name = synonym.name;
    key.read_only = &synonym != &synonyms.front();
    // The weakest synonym carries the default; the others are unset unless somebody sets them.
    if (&synonym != &synonyms.back()) key.default_value = std::nullopt;
    if (synonym.factor != 1) {
        key.type = ConfigType::int32;
        key.min = std::min<int64_t>(key.min, 1);
        if (key.default_value) key.default_value = synonym.default_value;
        key.documentation = synonym.documentation;
    }
    return key;
}

// Where a broker says something about a topic key's default.
struct BrokerValue {
    const BrokerSynonym* synonym;
    std::string_view text;
    ConfigSource source;
};

// The strongest first, the built-in default last. Empty for keys without a broker setting.
std::vector<BrokerValue> broker_values(const TopicField& field, const BrokerConfigLayers& broker) {
    std::vector<BrokerValue> values;
    const auto synonyms = synonyms_of(field);
    for (const auto& [layer, source] : broker.in_order()) {
        for (const BrokerSynonym& synonym : synonyms) {
            const auto found = layer->find(synonym.name);
            if (found != layer->end()) values.push_back({&synonym, found->second, source});
        }
    }
    if (!synonyms.empty()) {
        const BrokerSynonym& weakest = synonyms.back();
        values.push_back(
            {&weakest, *broker_key(field, weakest).default_value, ConfigSource::built_in});
    }
    return values;
}

// A broker's value in the unit of the topic key.
Result<ConfigValue> topic_value(const TopicField& field, const BrokerValue& broker_value) {
    TRY(ConfigValue value,
        parse_config(broker_key(field, *broker_value.synonym), broker_value.text));
    if (broker_value.synonym->factor == 1) return value;
    const int64_t count = std::get<int64_t>(value);
    return ConfigValue(count < 0 ? count : count * broker_value.synonym->factor);
}

// What a topic that does not set the key gets.
Result<ConfigValue> inherited_value(const TopicField& field, const BrokerConfigLayers& broker) {
    const std::vector<BrokerValue> values = broker_values(field, broker);
    if (values.empty()) return parse_config(field.key, *field.key.default_value);
    return topic_value(field, values.front());
}

Result<void> check_consistency(const TopicConfig& config) {
    if (config.min_compaction_lag_ms > config.max_compaction_lag_ms) {
        return fail(ErrorCode::invalid_config,
                    fmt::format("min.compaction.lag.ms ({}) is above max.compaction.lag.ms ({})",
                                config.min_compaction_lag_ms, config.max_compaction_lag_ms));
    }
    if (config.is_queue && config.is_publication) {
        return fail(ErrorCode::invalid_config,
                    "polylog.queue and polylog.publication exclude each other: subscribe a queue "
                    "to the topic instead");
    }
    return {};
}

Result<void> check_offered(const ConfigKey& key, const ConfigValue& value) {
    if (key.name == "remote.storage.enable" && std::get<bool>(value)) {
        return fail(ErrorCode::invalid_config,
                    "remote.storage.enable cannot be true: this broker has no remote storage tier");
    }
    return {};
}

std::string text_or_raw(const Result<ConfigValue>& value, std::string_view raw) {
    return value ? to_text(*value) : std::string(raw);
}

ConfigEntry describe_field(const TopicField& field, const ConfigMap& overrides,
                           const BrokerConfigLayers& broker) {
    const ConfigKey& key = field.key;
    const std::vector<BrokerValue> inherited = broker_values(field, broker);
    ConfigEntry entry{.name = key.name,
                      .type = key.type,
                      .sensitive = key.sensitive,
                      .documentation = key.documentation};
    if (const auto own = overrides.find(key.name); own != overrides.end()) {
        entry.synonyms.push_back({own->first, own->second, ConfigSource::dynamic_topic});
        entry.value = own->second;
    } else if (inherited.empty()) {
        entry.value = key.default_value;
    } else {
        entry.value = text_or_raw(topic_value(field, inherited.front()), inherited.front().text);
    }
    for (const BrokerValue& value : inherited) {
        entry.synonyms.push_back(
            {std::string(value.synonym->name), std::string(value.text), value.source});
    }
    if (inherited.empty()) {
        entry.synonyms.push_back(
            {std::string(key.name), std::string(*key.default_value), ConfigSource::built_in});
    }
    entry.source = entry.synonyms.front().source;
    return without_secrets(std::move(entry));
}

}  // namespace

const ConfigKeys& topic_config_keys() {
    static const ConfigKeys keys = [] {
        std::vector<ConfigKey> list;
        for (const TopicField& field : topic_fields()) list.push_back(field.key);
        return ConfigKeys("topic", std::move(list));
    }();
    return keys;
}

std::span<const BrokerSynonym> broker_synonyms(std::string_view topic_key) {
    const TopicField* field = find_field(topic_key);
    return field ? synonyms_of(*field) : std::span<const BrokerSynonym>();
}

std::vector<ConfigKey> topic_default_keys() {
    std::vector<ConfigKey> keys;
    for (const TopicField& field : topic_fields()) {
        for (const BrokerSynonym& synonym : synonyms_of(field))
            keys.push_back(broker_key(field, synonym));
    }
    return keys;
}

Result<TopicConfig> parse_topic_config(const ConfigMap& overrides, const TopicConfig& defaults) {
    TopicConfig config = defaults;
    for (const auto& [name, text] : overrides) {
        TRY(const ConfigKey* key, topic_config_keys().require(name));
        TRY(const ConfigValue value, parse_config(*key, text));
        TRY_VOID(check_offered(*key, value));
        if (const auto assign = find_field(name)->assign) assign(config, *key, value);
    }
    TRY_VOID(check_consistency(config));
    return config;
}

Result<TopicConfig> topic_defaults(const BrokerConfigLayers& broker) {
    TopicConfig config;
    for (const TopicField& field : topic_fields()) {
        TRY(const ConfigValue value, inherited_value(field, broker));
        if (field.assign) field.assign(config, field.key, value);
    }
    TRY_VOID(check_consistency(config));
    return config;
}

Result<ConfigMap> alter_topic_config(const ConfigMap& overrides,
                                     std::span<const ConfigChange> changes,
                                     const BrokerConfigLayers& broker) {
    ConfigMap inherited;
    for (const TopicField& field : topic_fields()) {
        if (field.key.type != ConfigType::list) continue;
        TRY(const ConfigValue value, inherited_value(field, broker));
        inherited.emplace(field.key.name, to_text(value));
    }
    TRY(ConfigMap altered, apply_changes(topic_config_keys(), overrides, changes, inherited));
    TRY(const TopicConfig defaults, topic_defaults(broker));
    TRY_VOID(parse_topic_config(altered, defaults));
    return altered;
}

std::vector<ConfigEntry> describe_topic_config(const ConfigMap& overrides,
                                               const BrokerConfigLayers& broker) {
    std::vector<ConfigEntry> entries;
    for (const TopicField& field : topic_fields())
        entries.push_back(describe_field(field, overrides, broker));
    return entries;
}

}  // namespace polylog::model

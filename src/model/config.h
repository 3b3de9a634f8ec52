#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

// Named settings, under the names that Kafka's tools use: what a key accepts, how its text becomes
// a value, and which layer a value comes from. Plain values without an owner; tables are built once
// and never change.
namespace polylog::model {

enum class ConfigType : uint8_t { boolean, string, int16, int32, int64, float64, list };

// Where a value comes from, the strongest first.
enum class ConfigSource : uint8_t {
    dynamic_topic,    // set on the topic
    dynamic_broker,   // set on this broker while running
    dynamic_default,  // set for all brokers while running
    static_broker,    // configuration file, environment or flags, read at start
    built_in,
};

// Settings by name, as text: the form in which they are stored, replicated and shown.
using ConfigMap = std::map<std::string, std::string, std::less<>>;

// One setting: its name, what it accepts, and what it is for.
struct ConfigKey {
    std::string_view name;
    ConfigType type = ConfigType::string;
    std::optional<std::string_view> default_value = std::nullopt;  // nothing: unset
    // Of numbers, inclusive, besides the limits of the type; `or_value` is accepted too.
    int64_t min = std::numeric_limits<int64_t>::min();
    int64_t max = std::numeric_limits<int64_t>::max();
    std::optional<int64_t> or_value = std::nullopt;
    // Of strings and list elements: what they may be (empty: any text), and a further rule, with
    // the rule in words.
    std::span<const std::string_view> choices = {};
    bool (*well_formed)(std::string_view element) = nullptr;
    std::string_view form = {};
    bool read_only = false;  // takes effect at start only; cannot be altered while running
    bool sensitive = false;  // a secret: never shown
    std::string_view documentation = {};
};

// A value that its key accepts. Integers of any width are int64_t here.
using ConfigValue = std::variant<bool, int64_t, double, std::string, std::vector<std::string>>;

// The value that `text` stands for; blanks around it and around list elements do not count.
// Errors: invalid_config, naming the key, the text and what would be accepted.
base::Result<ConfigValue> parse_config(const ConfigKey& key, std::string_view text);
// The canonical text of a value, as it is stored and shown. parse_config gives the value back.
std::string to_text(const ConfigValue& value);
// What a key accepts, in words: "an integer from 1 to 9 or -1".
std::string accepted_values(const ConfigKey& key);

// All keys of one kind of resource, in the order of their names.
class ConfigKeys {
public:
    // `resource` names the kind in error messages: "topic". Names are distinct.
    ConfigKeys(std::string_view resource, std::vector<ConfigKey> keys);

    std::span<const ConfigKey> all() const { return keys_; }
    // Null when there is no such key.
    const ConfigKey* find(std::string_view name) const;
    // Errors: invalid_config for an unknown name, with the nearest known one when there is a near
    // one.
    base::Result<const ConfigKey*> require(std::string_view name) const;

private:
    std::string_view resource_;
    std::vector<ConfigKey> keys_;  // sorted by name
};

// One step of an incremental alteration.
struct ConfigChange {
    enum class Operation : uint8_t {
        set,
        reset,     // back to the layer below
        append,    // list keys only: add the elements that are not there yet
        subtract,  // list keys only: remove these elements
    };
    std::string name;
    Operation operation = Operation::set;
    std::optional<std::string> value;
};

// `current` after `changes`; all of them or none. Values are stored in their canonical text.
// `inherited` holds the values that the layers below give to list keys; a key without one counts as
// empty. Errors: invalid_config (unknown name, unacceptable value, append or subtract on a key that
// is no list), invalid_request (a name twice, a value missing, a read-only key).
base::Result<ConfigMap> apply_changes(const ConfigKeys& keys, ConfigMap current,
                                      std::span<const ConfigChange> changes,
                                      const ConfigMap& inherited);

// What is set on a broker, apart from what is built in; the names are the broker's.
struct BrokerConfigLayers {
    ConfigMap dynamic_broker = {};
    ConfigMap dynamic_default = {};
    ConfigMap static_broker = {};

    // Every layer with its name, the strongest first.
    std::array<std::pair<const ConfigMap*, ConfigSource>, 3> in_order() const {
        return {{{&dynamic_broker, ConfigSource::dynamic_broker},
                 {&dynamic_default, ConfigSource::dynamic_default},
                 {&static_broker, ConfigSource::static_broker}}};
    }
};

// One place where a key, or its synonym in another layer, has a value.
struct ConfigSynonym {
    std::string name;
    std::optional<std::string> value;  // nothing when sensitive
    ConfigSource source = ConfigSource::built_in;

    bool operator==(const ConfigSynonym&) const = default;
};

// A key with the value in effect and every layer that has a say, the strongest first.
struct ConfigEntry {
    std::string_view name;
    ConfigType type = ConfigType::string;
    std::optional<std::string> value = std::nullopt;  // nothing when unset or sensitive
    ConfigSource source = ConfigSource::built_in;
    bool read_only = false;
    bool sensitive = false;
    std::vector<ConfigSynonym> synonyms = {};
    std::string_view documentation = {};
};

// Takes the values out of an entry whose key is sensitive.
ConfigEntry without_secrets(ConfigEntry entry);

}  // namespace polylog::model

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/config.h"
#include "model/topic_config_keys.h"

// From parsed settings of a topic back to their text. For the key tables of this room only.
namespace polylog::model {

// Names and values of the owner's choice, ordered by name; as a setting a JSON object of strings.
using TextMap = std::map<std::string, std::string, std::less<>>;

bool is_text_map(std::string_view json);
// Of a text that is_text_map accepts.
TextMap parse_text_map(std::string_view json);
std::string to_json(const TextMap& map);

// Collects the keys of one table that differ from what a topic has that sets nothing.
class TopicOverrides {
public:
    explicit TopicOverrides(std::span<const TopicField> fields) : fields_(fields) {}

    void put(std::string_view name, std::string text);
    void put(std::string_view name, bool value) {
        put(name, std::string(value ? "true" : "false"));
    }
    void put(std::string_view name, uint64_t value) { put(name, std::to_string(value)); }
    void put(std::string_view name, base::Duration value) {
        put(name, std::to_string(base::to_ms(value)));
    }
    // An enum's values stand in the order of the key's choices.
    template <class Enum>
    void put_choice(std::string_view name, Enum value) {
        put(name, std::string(field(name).key.choices[static_cast<size_t>(value)]));
    }
    ConfigMap take() { return std::move(map_); }

private:
    const TopicField& field(std::string_view name) const;

    std::span<const TopicField> fields_;
    ConfigMap map_;
};

}  // namespace polylog::model

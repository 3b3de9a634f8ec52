#include "model/topic_overrides.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"

namespace polylog::model {

namespace {

constexpr size_t kMapMaxBytes = size_t{64} << 10;

}  // namespace

bool is_text_map(std::string_view json) {
    const auto parsed = base::Json::parse(json, kMapMaxBytes);
    if (!parsed || parsed->kind() != base::Json::Kind::object) return false;
    for (const auto& [name, value] : parsed->members()) {
        if (value.kind() != base::Json::Kind::string) return false;
    }
    return true;
}

TextMap parse_text_map(std::string_view json) {
    TextMap map;
    const auto parsed = base::Json::parse(json, kMapMaxBytes);
    for (const auto& [name, text] : parsed->members())
        map[std::string(name)] = *text.as<std::string_view>();
    return map;
}

std::string to_json(const TextMap& map) {
    std::string text;
    base::JsonWriter json(text);
    json.begin_object();
    for (const auto& [name, value] : map) json.field(name, value);
    json.end_object();
    return text;
}

void TopicOverrides::put(std::string_view name, std::string text) {
    if (text != field(name).key.default_value) map_.emplace(name, std::move(text));
}

const TopicField& TopicOverrides::field(std::string_view name) const {
    return *std::ranges::find(fields_, name,
                              [](const TopicField& field) { return field.key.name; });
}

}  // namespace polylog::model

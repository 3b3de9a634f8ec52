#pragma once

#include <algorithm>
#include <chrono>
#include <type_traits>

#include "base/time.h"
#include "model/config.h"

// Ties keys to members of parsed configuration structs. For the key tables of this room only.
namespace polylog::model {

// Puts a checked value into its member; null for a key that is accepted and shown but has no
// effect.
template <class Config>
using ConfigAssignment = void (*)(Config& config, const ConfigKey& key, const ConfigValue& value);

// A time span that no timer can hold is as good as never.
template <class Unit>
base::Duration saturated(int64_t count) {
    constexpr auto kMax = std::chrono::floor<Unit>(base::Duration::max());
    return count > kMax.count() ? base::Duration::max() : base::Duration(Unit(count));
}

// What a member of type T holds for a value that parse_config accepted. An enum's values stand in
// the order of the key's choices.
template <class T, class Unit>
T member_value(const ConfigKey& key, const ConfigValue& value) {
    if constexpr (std::is_same_v<T, base::Duration>) {
        return saturated<Unit>(std::get<int64_t>(value));
    } else if constexpr (std::is_enum_v<T>) {
        const auto choice = std::ranges::find(key.choices, std::get<std::string>(value));
        return static_cast<T>(choice - key.choices.begin());
    } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        return static_cast<T>(std::get<int64_t>(value));  // the key's range fits the member
    } else {
        return std::get<T>(value);
    }
}

// `.assign = to<&TopicConfig::retention_ms>`; `Unit` is that of a duration's text.
template <auto Member, class Unit = std::chrono::milliseconds>
constexpr auto to = [](auto& config, const ConfigKey& key, const ConfigValue& value) {
    using T = std::remove_cvref_t<decltype(config.*Member)>;
    config.*Member = member_value<T, Unit>(key, value);
};

}  // namespace polylog::model

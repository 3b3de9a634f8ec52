#include "model/config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"
#include "base/did_you_mean.h"

namespace polylog::model {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

// Text from a peer goes into messages only up to here.
constexpr size_t kQuotedBytesMax = 120;

std::string_view quoted_part(std::string_view text) {
    return text.substr(0, kQuotedBytesMax);
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
    return std::ranges::equal(text, lower_case, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

// The numbers a key accepts, the limits of its type included.
struct IntegerRange {
    int64_t min;
    int64_t max;
};

template <class T>
IntegerRange narrowed(const ConfigKey& key) {
    return {std::max<int64_t>(key.min, std::numeric_limits<T>::min()),
            std::min<int64_t>(key.max, std::numeric_limits<T>::max())};
}

IntegerRange integer_range(const ConfigKey& key) {
    if (key.type == ConfigType::int16) return narrowed<int16_t>(key);
    if (key.type == ConfigType::int32) return narrowed<int32_t>(key);
    return {key.min, key.max};
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool accepts_element(const ConfigKey& key, std::string_view element) {
    if (!key.choices.empty() && std::ranges::find(key.choices, element) == key.choices.end())
        return false;
    return key.well_formed == nullptr || key.well_formed(element);
}

std::optional<ConfigValue> parse_integer(const ConfigKey& key, std::string_view text) {
    const std::optional<int64_t> value = parse_number<int64_t>(text);
    if (!value) return std::nullopt;
    const IntegerRange range = integer_range(key);
    if ((*value < range.min || *value > range.max) && value != key.or_value) return std::nullopt;
    return ConfigValue(*value);
}

std::optional<ConfigValue> parse_float(const ConfigKey& key, std::string_view text) {
    const std::optional<double> value = parse_number<double>(text);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    if (*value < static_cast<double>(key.min) || *value > static_cast<double>(key.max))
        return std::nullopt;
    return ConfigValue(*value);
}

std::optional<ConfigValue> parse_list(const ConfigKey& key, std::string_view text) {
    std::vector<std::string> elements;
    if (text.empty()) return ConfigValue(std::move(elements));
    for (size_t begin = 0; begin <= text.size();) {
        const size_t end = std::min(text.find(',', begin), text.size());
        const std::string_view element = trimmed(text.substr(begin, end - begin));
        if (element.empty() || !accepts_element(key, element)) return std::nullopt;
        elements.emplace_back(element);
        begin = end + 1;
    }
    std::vector<std::string_view> sorted(elements.begin(), elements.end());
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) != sorted.end()) return std::nullopt;
    return ConfigValue(std::move(elements));
}

std::optional<ConfigValue> parse_value(const ConfigKey& key, std::string_view text) {
    switch (key.type) {
    case ConfigType::boolean:
        if (equals_ignoring_case(text, "true")) return ConfigValue(true);
        if (equals_ignoring_case(text, "false")) return ConfigValue(false);
        return std::nullopt;
    case ConfigType::int16:
    case ConfigType::int32:
    case ConfigType::int64: return parse_integer(key, text);
    case ConfigType::float64: return parse_float(key, text);
    case ConfigType::list: return parse_list(key, text);
    case ConfigType::string:
        if (!accepts_element(key, text)) return std::nullopt;
        return ConfigValue(std::string(text));
    }
    CHECK(false && "a ConfigType outside the enum");
}

std::string integers_in_words(const ConfigKey& key) {
    const IntegerRange range = integer_range(key);
    std::string words = fmt::format("an integer from {} to {}", range.min, range.max);
    if (key.or_value) words += fmt::format(" or {}", *key.or_value);
    return words;
}

void subtract_elements(std::vector<std::string>& elements,
                       const std::vector<std::string>& removed) {
    std::erase_if(elements, [&](const std::string& element) {
        return std::ranges::find(removed, element) != removed.end();
    });
}

void append_elements(std::vector<std::string>& elements, std::vector<std::string> added) {
    subtract_elements(added, elements);
    std::ranges::move(added, std::back_inserter(elements));
}

// The list that append or subtract leaves behind.
Result<std::string> edited_list(const ConfigKey& key, const ConfigChange& change,
                                const ConfigMap& current, const ConfigMap& inherited) {
    if (key.type != ConfigType::list) {
        return fail(ErrorCode::invalid_config,
                    fmt::format("{} is not a list: it can be set or reset, but not appended to or "
                                "subtracted from",
                                key.name));
    }
    std::vector<std::string> elements;
    for (const ConfigMap* layer : {&current, &inherited}) {
        const auto found = layer->find(key.name);
        if (found == layer->end()) continue;
        TRY(ConfigValue value, parse_config(key, found->second));
        elements = std::get<std::vector<std::string>>(std::move(value));
        break;
    }
    TRY(ConfigValue operand, parse_config(key, *change.value));
    auto& edit = std::get<std::vector<std::string>>(operand);
    if (change.operation == ConfigChange::Operation::append) {
        append_elements(elements, std::move(edit));
    } else {
        subtract_elements(elements, edit);
    }
    return to_text(ConfigValue(std::move(elements)));
}

Result<void> apply_change(const ConfigKey& key, const ConfigChange& change, ConfigMap& current,
                          const ConfigMap& inherited) {
    using enum ConfigChange::Operation;
    if (key.read_only) {
        return fail(ErrorCode::invalid_request,
                    fmt::format("{} takes effect at start only: set it in the configuration file",
                                key.name));
    }
    if (change.operation == reset) {
        current.erase(change.name);
        return {};
    }
    if (!change.value) {
        return fail(ErrorCode::invalid_request, fmt::format("no value given for {}", key.name));
    }
    std::string text;
    if (change.operation == set) {
        TRY(const ConfigValue value, parse_config(key, *change.value));
        text = to_text(value);
    } else {
        TRY(text, edited_list(key, change, current, inherited));
    }
    current.insert_or_assign(change.name, std::move(text));
    return {};
}

}  // namespace

Result<ConfigValue> parse_config(const ConfigKey& key, std::string_view text) {
    if (std::optional<ConfigValue> value = parse_value(key, trimmed(text)))
        return *std::move(value);
    return fail(ErrorCode::invalid_config,
                fmt::format("'{}' is not a value for {}: it takes {}",
                            key.sensitive ? std::string_view("(hidden)") : quoted_part(text),
                            key.name, accepted_values(key)));
}

std::string to_text(const ConfigValue& value) {
    return std::visit(
        [](const auto& held) -> std::string {
            using T = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::vector<std::string>>) {
                return fmt::format("{}", fmt::join(held, ","));
            } else if constexpr (std::is_same_v<T, double>) {
                // As Java prints it: a whole number keeps its ".0".
                std::string text = fmt::format("{}", held);
                return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
            } else {
                return fmt::format("{}", held);
            }
        },
        value);
}

std::string accepted_values(const ConfigKey& key) {
    switch (key.type) {
    case ConfigType::boolean: return "true or false";
    case ConfigType::int16:
    case ConfigType::int32:
    case ConfigType::int64: return integers_in_words(key);
    case ConfigType::float64: return fmt::format("a number from {} to {}", key.min, key.max);
    case ConfigType::list:
        if (!key.form.empty())
            return fmt::format("a comma-separated list of {}, each once", key.form);
        if (key.choices.empty()) return "a comma-separated list, each element once";
        return fmt::format("a comma-separated list of {}, each at most once",
                           fmt::join(key.choices, ", "));
    case ConfigType::string:
        if (!key.form.empty()) return std::string(key.form);
        return key.choices.empty() ? "any text"
                                   : fmt::format("one of {}", fmt::join(key.choices, ", "));
    }
    CHECK(false && "a ConfigType outside the enum");
}

ConfigKeys::ConfigKeys(std::string_view resource, std::vector<ConfigKey> keys)
    : resource_(resource), keys_(std::move(keys)) {
    CHECK(!keys_.empty());
    std::ranges::sort(keys_, {}, &ConfigKey::name);
    CHECK(std::ranges::adjacent_find(keys_, {}, &ConfigKey::name) == keys_.end());
}

const ConfigKey* ConfigKeys::find(std::string_view name) const {
    const auto found = std::ranges::lower_bound(keys_, name, {}, &ConfigKey::name);
    return found != keys_.end() && found->name == name ? &*found : nullptr;
}

Result<const ConfigKey*> ConfigKeys::require(std::string_view name) const {
    if (const ConfigKey* key = find(name)) return key;
    std::string message = fmt::format("there is no {} configuration '{}'", resource_,
                                      quoted_part(name));
    std::vector<std::string_view> names;
    for (const ConfigKey& key : keys_) names.push_back(key.name);
    if (const auto nearest = base::nearest_name(name, names)) {
        message += fmt::format(": did you mean '{}'?", *nearest);
    }
    return fail(ErrorCode::invalid_config, std::move(message));
}

Result<ConfigMap> apply_changes(const ConfigKeys& keys, ConfigMap current,
                                std::span<const ConfigChange> changes, const ConfigMap& inherited) {
    std::vector<std::string_view> names;
    for (const ConfigChange& change : changes) names.push_back(change.name);
    std::ranges::sort(names);
    if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
        return fail(ErrorCode::invalid_request,
                    fmt::format("{} is altered twice in one request", quoted_part(*twice)));
    }
    for (const ConfigChange& change : changes) {
        TRY(const ConfigKey* key, keys.require(change.name));
        TRY_VOID(apply_change(*key, change, current, inherited));
    }
    return current;
}

ConfigEntry without_secrets(ConfigEntry entry) {
    if (entry.sensitive) {
        entry.value = std::nullopt;
        for (ConfigSynonym& synonym : entry.synonyms) synonym.value = std::nullopt;
    }
    return entry;
}

}  // namespace polylog::model

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cmd/settings.h"

namespace polylog::cmd {

// One key of the configuration: what it is for, what it accepts, and how it gets into the
// Settings and back. The default is what a new Settings shows.
struct Setting {
    std::string_view key;      // "limits.connections_max"
    std::string_view accepts;  // "a size: 64MiB"
    std::string_view documentation;
    // Error: invalid_config, saying what would be accepted.
    base::Result<void> (*assign)(Settings& settings, std::string_view text);
    // The text that `assign` gives the same value for.
    std::string (*show)(const Settings& settings);
};

// All settings but those under Kafka's names, in the order in which they are documented.
std::span<const Setting> all_settings();
// Null when there is none.
const Setting* find_setting(std::string_view key);

// Whether a running server takes up a new value of the key when SIGHUP has it read its files again.
bool is_live(std::string_view key);

// A log component's level is a setting of its own: `log.components.<component>`.
constexpr std::string_view kLogComponents = "log.components.";
// Broker settings and defaults of new topics, under Kafka's names.
constexpr std::string_view kBrokerTable = "kafka.";
constexpr std::string_view kTopicTable = "topic_defaults.";

}  // namespace polylog::cmd

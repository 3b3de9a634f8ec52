#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cmd/command.h"
#include "cmd/config_layer.h"
#include "cmd/output/failure.h"
#include "cmd/settings.h"

// Which settings a server runs with, and where each comes from: built in < file < conf.d <
// environment < flags.
namespace polylog::cmd {

// Settings, and where each came from.
struct Configuration {
    Settings settings;
    ConfigLayer set;  // what is not built in
};

// Turns what was set into settings, on top of what is built in. Error: invalid_config with the
// origin of the value, what would be accepted, and for unknown keys the nearest.
base::Result<Configuration> configure(ConfigLayer set);

// All layers of a server, on top of `beneath`: the files of --config, the environment, and the
// flags that stand for settings. Errors: as configure, and those of reading the files.
base::Result<Configuration> load_configuration(const Arguments& arguments,
                                               ConfigLayer beneath = {});

// What to tell somebody whose settings do not load.
Failure settings_failure(const base::Error& error);

// The flags that load_configuration reads.
std::vector<Option> configuration_options();

// One line of `config show`.
struct ShownSetting {
    std::string key;
    std::string value;
    std::string origin;  // "built-in" where nobody set it
};
// Every setting in effect, or only those that somebody set; sorted by key.
std::vector<ShownSetting> shown_settings(const Configuration& configuration, bool all);

// Keys whose values two configurations do not agree on, by whether a running server can take them
// up; sorted.
struct ChangedSettings {
    std::vector<std::string> live;
    std::vector<std::string> fixed;  // need a restart
};
ChangedSettings changed_settings(const Configuration& before, const Configuration& after);

// What a key is.
struct DescribedSetting {
    std::string key;
    std::string accepts;
    std::string default_value;
    std::string reload;  // "live" or "restart"
    std::string meaning;
};
// Every key that `config show` may name.
std::vector<DescribedSetting> described_settings();
// By key, with or without the table in front of Kafka's names. Error: invalid_config for an
// unknown one, with the nearest.
base::Result<DescribedSetting> describe_setting(std::string_view key);
// For a terminal, a few lines.
std::string to_text(const DescribedSetting& setting);
// docs/configuration.md.
std::string configuration_document();

}  // namespace polylog::cmd

#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace polylog::cmd {

// A value somebody set, as text, and where: "polylog.toml:3:1", "POLYLOG_SHARDS", "--shards".
struct ConfiguredValue {
    std::string text;
    std::string origin;

    bool operator==(const ConfiguredValue&) const = default;
};

// Values by full key ("listen.kafka"), from one source or merged from several.
using ConfigLayer = std::map<std::string, ConfiguredValue, std::less<>>;

// What `stronger` sets wins.
void lay_over(ConfigLayer& below, ConfigLayer stronger);

// A TOML file's settings: tables become dotted keys, lists of values their texts with commas
// between, and the tables of a list `BIND advertise ADDRESS`. Error: invalid_config, with file,
// line and column. A total function; `name` only appears in origins and errors.
base::Result<ConfigLayer> parse_config_text(std::string_view text, const std::string& name);

// A file, and on top of it the *.toml files of the folder conf.d beside it, in the order of their
// names. Errors: not_found, io_failed, invalid_config.
base::Result<ConfigLayer> read_config_files(const std::string& path);

// The environment's settings: POLYLOG_LISTEN__KAFKA is listen.kafka, POLYLOG_KAFKA__LOG_DIRS is
// kafka.log.dirs. A variable without "__" counts only if it names a key of the top level: others
// belong to other programs, such as those that container platforms set for every service.
using Variables = std::vector<std::pair<std::string, std::string>>;
ConfigLayer environment_layer(const Variables& variables,
                              std::span<const std::string_view> top_level_keys);
// Of this process.
Variables environment_variables();

// "key=value" as the flag --set takes it. Error: invalid_config.
base::Result<void> add_assignment(ConfigLayer& layer, std::string_view assignment);

}  // namespace polylog::cmd

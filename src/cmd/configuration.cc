#include "cmd/configuration.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "base/did_you_mean.h"
#include "base/quantity.h"
#include "broker/data_directory.h"
#include "cmd/setting.h"
#include "model/broker_config.h"
#include "model/topic_config.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

// Kafka's names for what has a key of ours: shown to clients, set under our key only, so that
// there is one spelling of each value.
struct Mirrored {
    std::string_view broker_key;
    std::string_view key;
    std::string (*show)(const Settings& settings);
};

std::string joined(const Settings& settings, bool advertised) {
    std::string text;
    for (const StreamListener& listener : settings.kafka) {
        if (advertised && !listener.advertise) continue;
        if (!text.empty()) text += ',';
        text += "PLAINTEXT://" + io::to_string(advertised ? *listener.advertise : listener.bind);
    }
    return text;
}

constexpr std::array kMirrored{
    Mirrored{"advertised.listeners", "listen.kafka",
             [](const Settings& settings) { return joined(settings, true); }},
    Mirrored{"connections.max.idle.ms", "limits.idle_timeout",
             [](const Settings& settings) {
                 return fmt::to_string(base::to_ms(settings.limits.idle_timeout));
             }},
    Mirrored{"listeners", "listen.kafka",
             [](const Settings& settings) { return joined(settings, false); }},
    Mirrored{"log.dirs", "data_dir", [](const Settings& settings) { return settings.data_dir; }},
    Mirrored{"max.connections", "limits.connections_max",
             [](const Settings& settings) {
                 return fmt::to_string(settings.limits.connections_max);
             }},
    Mirrored{"max.connections.per.ip", "limits.connections_per_ip_max",
             [](const Settings& settings) {
                 return fmt::to_string(settings.limits.connections_per_ip_max);
             }},
    Mirrored{"node.id", "node.id",
             [](const Settings& settings) { return fmt::to_string(settings.node_id); }},
    Mirrored{"socket.request.max.bytes", "limits.frame_max_bytes",
             [](const Settings& settings) {
                 return fmt::to_string(settings.limits.frame_max_bytes);
             }},
};

std::vector<std::string_view> known_keys() {
    std::vector<std::string_view> keys;
    for (const Setting& setting : all_settings()) keys.push_back(setting.key);
    return keys;
}

std::vector<std::string_view> top_level_keys() {
    std::vector<std::string_view> keys = known_keys();
    std::erase_if(keys, [](std::string_view key) { return key.contains('.'); });
    return keys;
}

std::unexpected<base::Error> refuse(const ConfiguredValue& value, std::string_view key,
                                    std::string_view why) {
    return fail(ErrorCode::invalid_config, fmt::format("{}: {}: {}", value.origin, key, why));
}

Result<void> assign_broker_key(Settings& settings, const std::string& name,
                               const ConfiguredValue& value, std::string_view shown_key) {
    const auto mirrored = std::ranges::find(kMirrored, name, &Mirrored::broker_key);
    if (mirrored != kMirrored.end()) {
        return refuse(value, shown_key, fmt::format("is set with `{}`", mirrored->key));
    }
    const auto key = model::broker_config_keys().require(name);
    if (!key) return refuse(value, shown_key, key.error().detail());
    if (const auto parsed = model::parse_config(**key, value.text); !parsed) {
        return refuse(value, shown_key, parsed.error().detail());
    }
    settings.broker[name] = value.text;
    return {};
}

// A default of new topics is the broker setting that stands behind the topic's key.
Result<void> assign_topic_default(Settings& settings, std::string_view name,
                                  const ConfiguredValue& value, std::string_view shown_key) {
    const auto key = model::topic_config_keys().require(name);
    if (!key) return refuse(value, shown_key, key.error().detail());
    const auto synonyms = model::broker_synonyms(name);
    if (synonyms.empty()) return refuse(value, shown_key, "can only be set on a topic");
    return assign_broker_key(settings, std::string(synonyms.front().name), value, shown_key);
}

Result<void> assign_log_component(Settings& settings, std::string_view component,
                                  const ConfiguredValue& value, std::string_view shown_key) {
    const auto level = base::parse_log_level(value.text);
    if (!level) return refuse(value, shown_key, "is trace, debug, info, warn or error");
    settings.log.components.emplace_back(component, *level);
    return {};
}

Result<void> assign(Settings& settings, const std::string& key, const ConfiguredValue& value) {
    if (key.starts_with(kBrokerTable)) {
        return assign_broker_key(settings, key.substr(kBrokerTable.size()), value, key);
    }
    if (key.starts_with(kTopicTable)) {
        return assign_topic_default(settings, key.substr(kTopicTable.size()), value, key);
    }
    if (key.starts_with(kLogComponents)) {
        return assign_log_component(settings, key.substr(kLogComponents.size()), value, key);
    }
    const Setting* setting = find_setting(key);
    if (!setting) {
        const auto nearest = base::nearest_name(key, known_keys());
        return refuse(value, key,
                      nearest
                          ? fmt::format("there is no such setting; did you mean `{}`?", *nearest)
                          : "there is no such setting; `polylog config describe --all` lists "
                            "them");
    }
    if (const auto assigned = setting->assign(settings, value.text); !assigned) {
        return refuse(value, key, assigned.error().detail());
    }
    return {};
}

uint32_t processors() {
    constexpr long kMost = 16;
    return static_cast<uint32_t>(std::clamp(::sysconf(_SC_NPROCESSORS_ONLN), 1L, kMost));
}

// As many as the data directory is divided into, so that it opens on a machine with another number
// of processors. Whatever is wrong with it is told when it is opened.
uint32_t fitting_shards(const std::string& data_dir) {
    std::ifstream file(std::filesystem::path(data_dir) / broker::kDataDirectoryFile);
    std::string text(broker::kDataDirectoryFileMaxBytes, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(file.gcount()));
    const auto directory = broker::decode_data_directory(text);
    return directory ? static_cast<uint32_t>(directory->shard_count) : processors();
}

// Stages follow each other, and none is beyond the whole.
Result<void> check_stages(const base::Limits& limits) {
    if (limits.memory_slow_producers_percent > limits.memory_pause_producers_percent ||
        limits.memory_pause_producers_percent > limits.memory_refuse_percent ||
        limits.memory_refuse_percent > 100) {
        return fail(ErrorCode::invalid_config,
                    "limits.memory_slow_producers_percent, memory_pause_producers_percent and "
                    "memory_refuse_percent rise to at most 100");
    }
    if (limits.disk_refuse_produce_percent > limits.disk_read_only_percent ||
        limits.disk_read_only_percent > 100) {
        return fail(ErrorCode::invalid_config,
                    "limits.disk_refuse_produce_percent and disk_read_only_percent rise to at "
                    "most 100");
    }
    if (limits.memory_budget_percent > 100 || limits.memory_per_connection_percent > 100) {
        return fail(ErrorCode::invalid_config,
                    "limits.memory_budget_percent and memory_per_connection_percent: at most 100");
    }
    return {};
}

// Queue URLs and ARNs are made of these, and clients take them apart again.
Result<void> check_aws(const Settings& settings) {
    const AwsSettings& aws = settings.aws_settings;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (aws.account.size() != 12 || !std::ranges::all_of(aws.account, is_digit)) {
        return fail(ErrorCode::invalid_config, "aws.account: 12 digits");
    }
    const auto is_part = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    if (aws.region.empty() || !std::ranges::all_of(aws.region, is_part)) {
        return fail(ErrorCode::invalid_config,
                    "aws.region: lower-case letters, digits and hyphens, as in us-east-1");
    }
    const bool is_origin = aws.origin.starts_with("http://") || aws.origin.starts_with("https://");
    if (!aws.origin.empty() && (!is_origin || aws.origin.ends_with('/'))) {
        return fail(ErrorCode::invalid_config,
                    "aws.origin: http:// or https:// and a host, without a slash at the end");
    }
    const bool verifies = aws.authentication == AwsAuthentication::verify;
    if (!settings.aws.empty() && verifies && aws.access_keys_file.empty()) {
        return fail(ErrorCode::invalid_config,
                    "listen.aws: name those who may ask with aws.access_keys_file, or let anybody "
                    "ask with aws.authentication = \"any\"");
    }
    return {};
}

// What no single value can say.
Result<void> check(const Settings& settings) {
    constexpr uint32_t kShardsMax = 256;
    if (settings.shards > kShardsMax) {
        return fail(ErrorCode::invalid_config, fmt::format("shards: at most {}", kShardsMax));
    }
    if (settings.kafka.empty()) {
        return fail(ErrorCode::invalid_config, "listen.kafka: at least one address is needed");
    }
    if (settings.storage.wal.files_max < 2) {
        return fail(ErrorCode::invalid_config,
                    "storage.wal_files_max: at least 2, one to write while another is reused");
    }
    if (settings.storage.wal.file_bytes < (uint64_t{1} << 20)) {
        return fail(ErrorCode::invalid_config, "storage.wal_file_bytes: at least 1MiB");
    }
    TRY_VOID(check_stages(settings.limits));
    TRY_VOID(check_aws(settings));
    const auto broker = model::parse_broker_config({.static_broker = settings.broker});
    if (!broker) return fail(broker.error());
    return {};
}

// The flags that stand for a setting: the option's name and the setting's key.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kFlags{{
    {"data-dir", "data_dir"},
    {"kafka", "listen.kafka"},
    {"admin", "listen.admin"},
    {"aws", "listen.aws"},
    {"shards", "shards"},
    {"log-level", "log.level"},
}};

Result<ConfigLayer> flag_layer(const Arguments& arguments) {
    ConfigLayer layer;
    for (const std::string& assignment : arguments.all("set")) {
        TRY_VOID(add_assignment(layer, assignment));
    }
    for (const auto& [flag, key] : kFlags) {
        const auto value = arguments.find(flag);
        if (!value) continue;
        layer[std::string(key)] = {.text = std::string(*value),
                                   .origin = fmt::format("--{}", flag)};
    }
    if (arguments.has("insecure-listen")) {
        layer["insecure_listen"] = {.text = "true", .origin = "--insecure-listen"};
    }
    return layer;
}

std::string shown_default(const Setting& setting) {
    return setting.show(Settings());
}

std::string reload_of(std::string_view key) {
    return is_live(key) ? "live" : "restart";
}

DescribedSetting described_as(const Setting& setting) {
    return {.key = std::string(setting.key),
            .accepts = std::string(setting.accepts),
            .default_value = shown_default(setting),
            .reload = reload_of(setting.key),
            .meaning = std::string(setting.documentation)};
}

DescribedSetting described_as(std::string_view table, const model::ConfigKey& key) {
    std::string full = fmt::format("{}{}", table, key.name);
    std::string reload = reload_of(full);
    return {.key = std::move(full),
            .accepts = model::accepted_values(key),
            .default_value = std::string(key.default_value.value_or("(unset)")),
            .reload = std::move(reload),
            .meaning = std::string(key.documentation)};
}

DescribedSetting described_component(std::string_view component) {
    std::string key = fmt::format("{}{}", kLogComponents, component);
    std::string reload = reload_of(key);
    return {.key = std::move(key),
            .accepts = "trace, debug, info, warn or error",
            .default_value = "(that of log.level)",
            .reload = std::move(reload),
            .meaning = "The level of one component's records."};
}

std::array<std::pair<std::string_view, const model::ConfigKeys*>, 2> kafka_tables() {
    return {
        {{kBrokerTable, &model::broker_config_keys()}, {kTopicTable, &model::topic_config_keys()}}};
}

bool is_mirrored(std::string_view broker_key) {
    return std::ranges::find(kMirrored, broker_key, &Mirrored::broker_key) != kMirrored.end();
}

void append_broker_keys(std::string& out) {
    for (const model::ConfigKey& key : model::broker_config_keys().all()) {
        if (is_mirrored(key.name)) continue;
        out += fmt::format("| `{}` | {} | {} | {} |\n", key.name, model::accepted_values(key),
                           key.default_value.value_or(""), key.documentation);
    }
}

}  // namespace

Result<Configuration> configure(ConfigLayer set) {
    Configuration configuration;
    for (const auto& [key, value] : set) TRY_VOID(assign(configuration.settings, key, value));
    if (configuration.settings.shards == 0)
        configuration.settings.shards = fitting_shards(configuration.settings.data_dir);
    for (const Mirrored& mirrored : kMirrored) {
        configuration.settings.broker[std::string(mirrored.broker_key)] = mirrored.show(
            configuration.settings);
    }
    TRY_VOID(check(configuration.settings));
    configuration.set = std::move(set);
    return configuration;
}

Result<Configuration> load_configuration(const Arguments& arguments, ConfigLayer beneath) {
    ConfigLayer set = std::move(beneath);
    if (const auto path = arguments.find("config")) {
        TRY(ConfigLayer files, read_config_files(std::string(*path)));
        lay_over(set, std::move(files));
    }
    const std::vector<std::string_view> top_level = top_level_keys();
    lay_over(set, environment_layer(environment_variables(), top_level));
    TRY(ConfigLayer flags, flag_layer(arguments));
    lay_over(set, std::move(flags));
    return configure(std::move(set));
}

Failure settings_failure(const base::Error& error) {
    Failure failure{.error = error,
                    .hint = "polylog config describe --all lists every setting",
                    .code = kSettingWrong};
    if (error == ErrorCode::not_found) {
        failure.hint =
            "name a file that exists with -c FILE or POLYLOG_CONFIG, or none: every setting has a "
            "default";
    } else if (error == ErrorCode::io_failed) {
        failure.hint = "-c FILE, and *.toml in conf.d beside it, must be files this user may read";
    }
    return failure;
}

std::vector<Option> configuration_options() {
    return {{.names = "-c,--config",
             .value_name = "FILE",
             .documentation = "Settings as TOML; *.toml in conf.d beside it come on top",
             .environment = "POLYLOG_CONFIG",
             .completion = "file"},
            {.names = "--data-dir",
             .value_name = "DIR",
             .documentation = "Where everything is stored",
             .completion = "file"},
            {.names = "--kafka",
             .value_name = "HOST:PORT",
             .documentation = "Where Kafka clients connect; port 0 takes any free one"},
            {.names = "--admin",
             .value_name = "HOST:PORT",
             .documentation = "Where health and metrics are served; empty for nowhere"},
            {.names = "--aws",
             .value_name = "HOST:PORT",
             .documentation = "Where SQS clients connect; empty for nowhere"},
            {.names = "--shards",
             .value_name = "N",
             .documentation = "Threads that serve clients; 0 for one per processor, or as the data "
                              "directory "
                              "was made with"},
            {.names = "--log-level",
             .value_name = "LEVEL",
             .documentation = "trace, debug, info, warn or error"},
            {.names = "--set",
             .value_name = "KEY=VALUE",
             .documentation = "Any setting, under its key",
             .repeatable = true},
            {.names = "--insecure-listen",
             .documentation = "Allow addresses that other machines reach, without authentication"}};
}

std::vector<ShownSetting> shown_settings(const Configuration& configuration, bool all) {
    std::vector<ShownSetting> shown;
    for (const Setting& setting : all_settings()) {
        const auto set = configuration.set.find(setting.key);
        if (set == configuration.set.end() && !all) continue;
        shown.push_back(
            {.key = std::string(setting.key),
             .value = setting.show(configuration.settings),
             .origin = set == configuration.set.end() ? "built-in" : set->second.origin});
    }
    for (const auto& [key, value] : configuration.set) {
        if (find_setting(key)) continue;
        shown.push_back({.key = key, .value = value.text, .origin = value.origin});
    }
    std::ranges::sort(shown, {}, &ShownSetting::key);
    return shown;
}

ChangedSettings changed_settings(const Configuration& before, const Configuration& after) {
    std::map<std::string, std::string> differing;  // the values before
    for (ShownSetting& each : shown_settings(before, true)) differing[each.key] = each.value;
    std::vector<std::string> changed;
    for (const ShownSetting& each : shown_settings(after, true)) {
        const auto old = differing.find(each.key);
        if (old == differing.end() || old->second != each.value) changed.push_back(each.key);
        if (old != differing.end()) differing.erase(old);
    }
    for (const auto& [key, value] : differing) changed.push_back(key);  // set no more
    std::ranges::sort(changed);
    ChangedSettings result;
    for (std::string& key : changed) {
        (is_live(key) ? result.live : result.fixed).push_back(std::move(key));
    }
    return result;
}

std::vector<DescribedSetting> described_settings() {
    std::vector<DescribedSetting> described;
    for (const Setting& setting : all_settings()) described.push_back(described_as(setting));
    described.push_back(described_component("<name>"));
    for (const auto& [table, keys] : kafka_tables()) {
        for (const model::ConfigKey& key : keys->all()) {
            if (!is_mirrored(key.name)) described.push_back(described_as(table, key));
        }
    }
    return described;
}

Result<DescribedSetting> describe_setting(std::string_view key) {
    if (const Setting* setting = find_setting(key)) return described_as(*setting);
    if (key.starts_with(kLogComponents)) {
        return described_component(key.substr(kLogComponents.size()));
    }
    std::vector<std::string_view> known = known_keys();
    for (const auto& [table, keys] : kafka_tables()) {
        const std::string_view name = key.starts_with(table) ? key.substr(table.size()) : key;
        if (const model::ConfigKey* found = keys->find(name)) return described_as(table, *found);
        for (const model::ConfigKey& each : keys->all()) known.push_back(each.name);
    }
    const auto nearest = base::nearest_name(key, known);
    return fail(ErrorCode::invalid_config,
                fmt::format("there is no setting '{}'{}", key,
                            nearest ? fmt::format("; did you mean '{}'?", *nearest) : ""));
}

std::string to_text(const DescribedSetting& setting) {
    return fmt::format("{}\n  {}\n  accepts: {}\n  default: {}\n  a new value takes effect: {}\n",
                       setting.key, setting.meaning, setting.accepts, setting.default_value,
                       setting.reload == "live" ? "on SIGHUP" : "after a restart");
}

std::string configuration_document() {
    std::string out =
        "# Configuration\n\n"
        "`polylog config describe --all` writes this page. Every key is optional. Later layers "
        "win: "
        "built in,\nthe file of `--config`, `conf.d/*.toml` beside it, the environment "
        "(`POLYLOG_LISTEN__KAFKA` is\n`listen.kafka`, `POLYLOG_KAFKA__NUM_PARTITIONS` is "
        "`num.partitions` of `[kafka]`), flags. `polylog config\nshow --effective --origin` tells "
        "what is in effect and why; `polylog config check` tells whether a file is\nright. "
        "Settings "
        "that clients change while the broker runs win over all of these. SIGHUP has a server read "
        "its files\nagain: it takes up the keys whose reload is `live`, and names in its log those "
        "that need a restart.\n\n"
        "```toml\n"
        "data_dir = \"/var/lib/polylog\"\n"
        "shards = 0\n"
        "[listen]\n"
        "kafka = [{ bind = \"127.0.0.1:9092\" }]\n"
        "admin = [\"127.0.0.1:15672\"]\n"
        "[log.components]\n"
        "kafka = \"debug\"\n"
        "[kafka]\n"
        "\"num.partitions\" = 8\n"
        "[topic_defaults]\n"
        "\"retention.ms\" = 86400000\n"
        "```\n\n"
        "## Keys\n\n| key | accepts | default | reload | meaning |\n|---|---|---|---|---|\n";
    for (const DescribedSetting& each : described_settings()) {
        if (each.key.starts_with(kBrokerTable)) break;
        out += fmt::format("| `{}` | {} | {} | {} | {} |\n", each.key, each.accepts,
                           each.default_value, each.reload, each.meaning);
    }
    out +=
        "\n## `[kafka]`: broker settings under Kafka's names\n\n"
        "`[topic_defaults]` takes the names of topic settings instead (`retention.ms`) and sets "
        "what stands behind\nthem here.\n\n"
        "| key | accepts | default | meaning |\n|---|---|---|---|\n";
    append_broker_keys(out);
    return out;
}

}  // namespace polylog::cmd

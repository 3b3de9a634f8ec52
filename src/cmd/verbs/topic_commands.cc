#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/rfc3339.h"
#include "client/errors.h"
#include "cmd/verbs/session.h"
#include "cmd/verbs/verbs.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;
using io::Task;

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

Result<Settings> parse_settings(const Arguments& arguments) {
    Settings settings;
    for (const std::string& text : arguments.all("config")) {
        const size_t equals = text.find('=');
        if (equals == 0 || equals == std::string::npos) {
            return base::fail(ErrorCode::invalid_request, fmt::format("'{}' is no setting; one is "
                                                                      "retention.ms=3600000",
                                                                      text));
        }
        settings.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return settings;
}

std::string_view name_of(kafka::ConfigSource source) {
    switch (source) {
    case kafka::ConfigSource::topic_config: return "topic";
    case kafka::ConfigSource::dynamic_broker_config: return "broker (dynamic)";
    case kafka::ConfigSource::dynamic_default_broker_config: return "cluster (dynamic)";
    case kafka::ConfigSource::static_broker_config: return "broker (file)";
    case kafka::ConfigSource::default_config: return "default";
    default: return "unknown";
    }
}

Cell text_or_null(const std::optional<std::string>& text) {
    return text ? Cell(*text) : Cell();
}

Task<Result<ExitStatus>> create(Session& session) {
    const Arguments& arguments = session.arguments();
    constexpr NumberRange kReplicaCounts{1, std::numeric_limits<int16_t>::max()};
    client::NewTopic topic;
    CO_TRY(topic.configs, parse_settings(arguments));
    CO_TRY(const int64_t partitions, number_option(arguments, "partitions", -1, kPartitionCounts));
    CO_TRY(const int64_t replicas, number_option(arguments, "replicas", -1, kReplicaCounts));
    topic.partitions = static_cast<int32_t>(partitions);
    topic.replication_factor = static_cast<int16_t>(replicas);
    Table table{.name = "topics",
                .columns = {"name", "partitions", "replicas", "result"},
                .rows = {}};
    for (const std::string& name : arguments.all("TOPIC")) {
        topic.name = name;
        const bool dry_run = session.options().dry_run;
        const auto created = co_await session.admin().create_topic(topic, dry_run);
        if (!created && created.error() == ErrorCode::topic_exists &&
            arguments.has("if-not-exists")) {
            table.add({name, {}, {}, "exists"});
            continue;
        }
        if (!created) co_return base::fail(created.error());
        table.add({name, int64_t{created->num_partitions}, int64_t{created->replication_factor},
                   dry_run ? "would be created" : "created"});
    }
    CO_TRY_VOID(session.print(std::move(table)));
    co_return ExitStatus::ok;
}

// Shell wildcards: '*' for any text, '?' for one character.
bool matches(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) return name.empty();
    if (pattern.front() == '*') {
        for (size_t i = 0; i <= name.size(); ++i) {
            if (matches(pattern.substr(1), name.substr(i))) return true;
        }
        return false;
    }
    return !name.empty() && (pattern.front() == '?' || pattern.front() == name.front()) &&
           matches(pattern.substr(1), name.substr(1));
}

bool is_listed(const Session& session, const kafka::MetadataResponse::Topic& topic) {
    if (!topic.name || (topic.is_internal && !session.arguments().has("internal"))) return false;
    const auto patterns = session.arguments().all("PATTERN");
    return patterns.empty() || std::ranges::any_of(patterns, [&](const std::string& pattern) {
               return matches(pattern, *topic.name);
           });
}

Task<Result<ExitStatus>> list(Session& session) {
    CO_TRY(const auto metadata, co_await session.cluster().metadata({.names = {}, .all = true}));
    Table table{.name = "topics",
                .columns = {"name", "partitions", "replicas", "internal"},
                .rows = {}};
    for (const auto& topic : metadata.topics) {
        if (!is_listed(session, topic)) continue;
        const size_t replicas = topic.partitions.empty() ? 0
                                                         : topic.partitions[0].replica_nodes.size();
        table.add({*topic.name, static_cast<int64_t>(topic.partitions.size()),
                   static_cast<int64_t>(replicas), topic.is_internal});
    }
    std::ranges::sort(table.rows, [](const auto& a, const auto& b) { return less(a[0], b[0]); });
    CO_TRY_VOID(session.print(std::move(table)));
    co_return ExitStatus::ok;
}

// One row per partition. `name` outlives the task: the caller's own.
Task<Result<Table>> partition_table(Session& session, std::string name) {
    CO_TRY(const auto metadata, co_await session.cluster().metadata({.names = {name}}));
    if (metadata.topics.empty()) co_return base::fail(ErrorCode::unknown_topic, name);
    CO_TRY_VOID(client::check(metadata.topics.front()));
    CO_TRY(auto starts, co_await session.admin().list_offsets(name, kafka::kEarliestTimestamp));
    CO_TRY(auto ends, co_await session.admin().list_offsets(name, kafka::kLatestTimestamp));
    Table table{.name = "partitions",
                .columns = {"partition", "leader", "leader_epoch", "replicas", "in_sync", "start",
                            "end", "records"},
                .rows = {}};
    for (const auto& partition : metadata.topics.front().partitions) {
        const int64_t start = starts[partition.partition_index].offset;
        const int64_t end = ends[partition.partition_index].offset;
        table.add({int64_t{partition.partition_index}, int64_t{partition.leader_id},
                   int64_t{partition.leader_epoch},
                   fmt::format("{}", fmt::join(partition.replica_nodes, ",")),
                   fmt::format("{}", fmt::join(partition.isr_nodes, ",")), start, end,
                   end - start});
    }
    std::ranges::sort(table.rows, [](const auto& a, const auto& b) { return less(a[0], b[0]); });
    co_return table;
}

Task<Result<ExitStatus>> describe(Session& session) {
    const std::string name(session.arguments().get("TOPIC"));
    CO_TRY(Table partitions, co_await partition_table(session, name));
    CO_TRY(const auto settings, co_await session.admin().topic_configs(name));
    Table configs{.name = "configs", .columns = {"name", "value", "source"}, .rows = {}};
    for (const auto& config : settings) {
        const bool is_default = config.config_source == kafka::ConfigSource::default_config;
        if (is_default && !session.arguments().has("all")) continue;
        configs.add(
            {config.name, text_or_null(config.value), std::string(name_of(config.config_source))});
    }
    std::vector<Table> tables;
    tables.push_back(std::move(partitions));
    tables.push_back(std::move(configs));
    CO_TRY_VOID(session.print(std::move(tables)));
    co_return ExitStatus::ok;
}

Task<Result<ExitStatus>> alter(Session& session) {
    const Arguments& arguments = session.arguments();
    const std::string name(arguments.get("TOPIC"));
    const bool dry_run = session.options().dry_run;
    CO_TRY(const Settings settings, parse_settings(arguments));
    CO_TRY(const int64_t partitions, number_option(arguments, "partitions", 0, kPartitionCounts));
    std::vector<client::ConfigChange> changes;
    for (const auto& [key, value] : settings) changes.push_back({key, value});
    for (const std::string& key : arguments.all("reset")) changes.push_back({key, std::nullopt});
    if (changes.empty() && partitions == 0) {
        co_return base::fail(ErrorCode::invalid_request,
                             "nothing to change: give --config, --reset or "
                             "--partitions");
    }
    Table table{.name = "changes", .columns = {"topic", "setting", "value", "result"}, .rows = {}};
    const std::string result = dry_run ? "would be set" : "set";
    for (const auto& change : changes)
        table.add({name, change.name, text_or_null(change.value), result});
    if (!changes.empty()) {
        CO_TRY_VOID(
            co_await session.admin().alter_topic_configs(name, std::move(changes), dry_run));
    }
    if (partitions != 0) {
        const auto count = static_cast<int32_t>(partitions);
        CO_TRY_VOID(co_await session.admin().set_partition_count(name, count, dry_run));
        table.add({name, "partitions", partitions, result});
    }
    CO_TRY_VOID(session.print(std::move(table)));
    co_return ExitStatus::ok;
}

Task<Result<ExitStatus>> remove(Session& session) {
    const auto names = session.arguments().all("TOPIC");
    const bool dry_run = session.options().dry_run;
    Table table{.name = "topics", .columns = {"name", "partitions", "result"}, .rows = {}};
    for (const std::string& name : names) {  // none is deleted when one does not exist
        CO_TRY(const int32_t count, co_await session.cluster().partition_count(name));
        table.add({name, int64_t{count}, dry_run ? "would be deleted" : "deleted"});
    }
    if (!dry_run) {
        CO_TRY(const bool agreed,
               session.confirm(fmt::format("Delete {} with all records?", fmt::join(names, ", "))));
        if (!agreed) co_return ExitStatus::condition_false;
        for (const std::string& name : names)
            CO_TRY_VOID(co_await session.admin().delete_topic(name));
    }
    CO_TRY_VOID(session.print(std::move(table)));
    co_return ExitStatus::ok;
}

Option config_option() {
    return {.names = "-c,--config",
            .value_name = "KEY=VALUE",
            .documentation = "A topic setting, by Kafka's name for it",
            .repeatable = true};
}

Command create_command() {
    return {
        .path = "topic create",
        .purpose = "Create topics",
        .positionals = {{.name = "TOPIC", .documentation = "Names", .repeatable = true}},
        .options = with_changing_options(
            {{.names = "-p,--partitions",
              .value_name = "N",
              .documentation = "How many; the broker's default without"},
             {.names = "-r,--replicas", .value_name = "N", .documentation = "Replication factor"},
             config_option(),
             {.names = "--if-not-exists", .documentation = "No error when a topic exists"}}),
        .examples = {{"polylog topic create orders -p 6", "six partitions"},
                     {"polylog topic create audit -c retention.ms=86400000", "keep a day"},
                     {"polylog topic create orders --if-not-exists -o json", "in a script"}},
        .exit_statuses = client_exit_statuses(),
        .run = run<create>};
}

}  // namespace

std::vector<Command> topic_commands() {
    const Positional one{.name = "TOPIC", .documentation = "Its name", .completion = "topic"};
    return {
        {.path = "topic", .purpose = "Create, list, describe, alter and delete topics"},
        create_command(),
        {.path = "topic list",
         .purpose = "List topics",
         .positionals = {{.name = "PATTERN",
                          .documentation = "Names, with * and ?",
                          .required = false,
                          .repeatable = true,
                          .completion = "topic"}},
         .options = with_client_options(
             {{.names = "--internal", .documentation = "Also the broker's own"}}),
         .examples = {{"polylog topic list", "all topics"},
                      {"polylog topic list 'orders*' -o name", "names for a script"},
                      {"polylog topic list --filter 'partitions>10' --sort -partitions",
                       "the large ones"}},
         .exit_statuses = client_exit_statuses(),
         .run = run<list>},
        {.path = "topic describe",
         .purpose = "Show a topic's partitions and settings",
         .positionals = {one},
         .options = with_client_options(
             {{.names = "-a,--all", .documentation = "Also settings at their default"}}),
         .examples = {{"polylog topic describe orders",
                       "partitions, and settings that were changed"},
                      {"polylog topic describe orders --all", "every setting"},
                      {"polylog topic describe orders --fields partition,end --sort -end",
                       "the longest first"}},
         .exit_statuses = client_exit_statuses(),
         .run = run<describe>},
        {.path = "topic alter",
         .purpose = "Change a topic's settings or add partitions",
         .positionals = {one},
         .options = with_changing_options({config_option(),
                                           {.names = "--reset",
                                            .value_name = "KEY",
                                            .documentation = "Back to the default",
                                            .repeatable = true},
                                           {.names = "-p,--partitions",
                                            .value_name = "N",
                                            .documentation = "How many there shall be"}}),
         .examples = {{"polylog topic alter orders -c retention.ms=3600000", "keep an hour"},
                      {"polylog topic alter orders --reset retention.ms", "as the broker says"},
                      {"polylog topic alter orders -p 12 --dry-run", "would it work?"}},
         .exit_statuses = client_exit_statuses(),
         .run = run<alter>},
        {.path = "topic delete",
         .purpose = "Delete topics with all their records",
         .positionals = {{.name = "TOPIC",
                          .documentation = "Names",
                          .repeatable = true,
                          .completion = "topic"}},
         .options = with_changing_options({}),
         .examples = {{"polylog topic delete orders", "after asking"},
                      {"polylog topic delete orders audit -y", "without asking"},
                      {"polylog topic delete orders --dry-run", "what would go"}},
         .exit_statuses = client_exit_statuses(),
         .run = run<remove>},
    };
}

}  // namespace polylog::cmd

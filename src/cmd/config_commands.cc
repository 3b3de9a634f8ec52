#include "cmd/config_commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/quantity.h"
#include "cmd/configuration.h"
#include "cmd/output/answer.h"

namespace polylog::cmd {

namespace {

ExitStatus refuse(const Arguments& arguments, const base::Error& error) {
    return report(arguments, settings_failure(error));
}

ExitStatus run_check(const Arguments& arguments) {
    const auto configuration = load_configuration(arguments);
    if (!configuration) return refuse(arguments, configuration.error());
    if (const auto safe = check_exposure(configuration->settings); !safe) {
        return report(arguments, {.error = safe.error(), .code = kExposureRefused});
    }
    const size_t count = configuration->set.size();
    Table table{.name = "check", .columns = {"result", "settings_changed"}, .rows = {}};
    table.add({"ok", static_cast<int64_t>(count)});
    const std::string changed = base::counted(count, "setting");
    return print_answer(arguments, std::move(table),
                        fmt::format("ok: {} set to other than what is built in\n", changed));
}

ExitStatus run_show(const Arguments& arguments) {
    const auto configuration = load_configuration(arguments);
    if (!configuration) return refuse(arguments, configuration.error());
    const bool with_origin = arguments.has("origin");
    Table table{.name = "settings", .columns = {"key", "value"}, .rows = {}};
    if (with_origin) table.columns.emplace_back("origin");
    for (const ShownSetting& each : shown_settings(*configuration, arguments.has("effective"))) {
        std::vector<Cell> row{each.key, each.value};
        if (with_origin) row.emplace_back(each.origin);
        table.add(std::move(row));
    }
    return print_table(arguments, std::move(table));
}

Table settings_table(const std::vector<DescribedSetting>& settings) {
    Table table{.name = "settings",
                .columns = {"key", "accepts", "default", "reload", "meaning"},
                .rows = {}};
    for (const DescribedSetting& each : settings) {
        table.add({each.key, each.accepts, each.default_value, each.reload, each.meaning});
    }
    return table;
}

ExitStatus run_describe(const Arguments& arguments) {
    const auto key = arguments.find("KEY");
    if (arguments.has("all")) {
        return print_answer(arguments, settings_table(described_settings()),
                            configuration_document());
    }
    if (!key) {
        return report(arguments, {.error = {base::ErrorCode::invalid_request, "which setting?"},
                                  .hint = "name a KEY, or --all",
                                  .code = kCommandLineWrong});
    }
    const auto described = describe_setting(*key);
    if (!described) return refuse(arguments, described.error());
    return print_answer(arguments, settings_table({*described}), to_text(*described));
}

}  // namespace

std::vector<Command> config_commands() {
    using enum ExitStatus;
    using Options = std::vector<Option>;
    const std::pair<ExitStatus, std::string_view> wrong{configuration, "a setting is wrong"};
    Options showing = configuration_options();
    showing.push_back({.names = "--effective", .documentation = "Print all settings"});
    showing.push_back({.names = "--origin", .documentation = "Print where each value comes from"});
    Options describing{
        {.names = "--all", .documentation = "All settings, as the page docs/configuration.md"}};
    return {{.path = "config", .purpose = "Check and explain settings"},
            {.path = "config check",
             .purpose = "Tell whether the settings are right, without starting anything",
             .options = with_options(configuration_options(), output_options()),
             .examples = {{"polylog config check -c polylog.toml", "before a restart"},
                          {"polylog config check -c polylog.toml -o json", "for a program"}},
             .exit_statuses = {wrong},
             .run = run_check},
            {.path = "config show",
             .purpose = "Print the settings that differ from the built-in ones",
             .options = with_options(std::move(showing), output_options()),
             .examples = {{"polylog config show -c polylog.toml --effective --origin",
                           "every value and who set it"},
                          {"polylog config show --effective --filter 'key~limits' -o json",
                           "for a program"}},
             .exit_statuses = {wrong},
             .run = run_show},
            {.path = "config describe",
             .purpose = "Explain a setting",
             .positionals = {{.name = "KEY",
                              .documentation = "Such as listen.kafka or log.retention.ms",
                              .required = false,
                              .completion = "setting"}},
             .options = with_options(std::move(describing), output_options()),
             .examples = {{"polylog config describe limits.connections_max", "one setting"},
                          {"polylog config describe --all --filter reload=live -o name",
                           "what a running server takes up"}},
             .exit_statuses = {{configuration, "there is no such setting"}},
             .run = run_describe}};
}

}  // namespace polylog::cmd

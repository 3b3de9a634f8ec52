#include "cmd/config_commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "cmd/configuration.h"
#include "cmd/report.h"

namespace polylog::cmd {

namespace {

ExitStatus refuse(const base::Error& error) {
    report_error({.text = std::string(error.detail()),
                  .hint = "polylog config describe --all lists every setting"});
    return ExitStatus::configuration;
}

ExitStatus run_check(const Arguments& arguments) {
    const auto configuration = load_configuration(arguments);
    if (!configuration) return refuse(configuration.error());
    if (const auto safe = check_exposure(configuration->settings); !safe) {
        return refuse(safe.error());
    }
    fmt::print("ok: {} settings are not the built-in ones\n", configuration->set.size());
    return ExitStatus::ok;
}

ExitStatus run_show(const Arguments& arguments) {
    const auto configuration = load_configuration(arguments);
    if (!configuration) return refuse(configuration.error());
    const auto shown = shown_settings(*configuration, arguments.has("effective"));
    size_t width = 0;
    for (const ShownSetting& each : shown) width = std::max(width, each.key.size());
    for (const ShownSetting& each : shown) {
        fmt::print("{:<{}}  {}", each.key, width, each.value);
        if (arguments.has("origin")) fmt::print("  # {}", each.origin);
        fmt::print("\n");
    }
    return ExitStatus::ok;
}

ExitStatus run_describe(const Arguments& arguments) {
    if (arguments.has("all")) {
        fmt::print("{}", configuration_document());
        return ExitStatus::ok;
    }
    const auto key = arguments.find("KEY");
    if (!key) {
        report_error({.text = "which setting?", .hint = "name a KEY, or --all"});
        return ExitStatus::usage;
    }
    const auto text = describe_key(*key);
    if (!text) return refuse(text.error());
    fmt::print("{}", *text);
    return ExitStatus::ok;
}

std::vector<Option> with(std::vector<Option> options, std::vector<Option> more) {
    options.insert(options.end(), more.begin(), more.end());
    return options;
}

}  // namespace

std::vector<Command> config_commands() {
    using enum ExitStatus;
    return {{.path = "config", .purpose = "Check and explain settings"},
            {.path = "config check",
             .purpose = "Tell whether the settings are right, without starting anything",
             .options = configuration_options(),
             .examples = {{"polylog config check -c polylog.toml", ""}},
             .exit_statuses = {{configuration, "a setting is wrong"}},
             .run = run_check},
            {.path = "config show",
             .purpose = "Print the settings that differ from the built-in ones",
             .options = with(configuration_options(),
                             {{.names = "--effective", .documentation = "Print all settings"},
                              {.names = "--origin",
                               .documentation = "Print where each value comes from"}}),
             .examples = {{"polylog config show -c polylog.toml --effective --origin", ""}},
             .exit_statuses = {{configuration, "a setting is wrong"}},
             .run = run_show},
            {.path = "config describe",
             .purpose = "Explain a setting",
             .positionals = {{.name = "KEY",
                              .documentation = "Such as listen.kafka or log.retention.ms",
                              .required = false}},
             .options = {{.names = "--all",
                          .documentation = "All settings, as the page docs/configuration.md"}},
             .examples = {{"polylog config describe limits.connections_max", ""}},
             .exit_statuses = {{configuration, "there is no such setting"}},
             .run = run_describe}};
}

}  // namespace polylog::cmd

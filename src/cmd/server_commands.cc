#include "cmd/server_commands.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/json_writer.h"
#include "cmd/configuration.h"
#include "cmd/log_output.h"
#include "cmd/report.h"
#include "cmd/server_process.h"
#include "io/linux/clock.h"

namespace polylog::cmd {

namespace {

ExitStatus refuse(const base::Error& error, std::string hint) {
    report_error({.text = std::string(error.detail()), .hint = std::move(hint)});
    return ExitStatus::configuration;
}

ExitStatus start(const Arguments& arguments, ConfigLayer beneath, bool banner) {
    const base::MonoTime started_at = io::LinuxClock().now();
    auto configuration = load_configuration(arguments, std::move(beneath));
    if (!configuration) return refuse(configuration.error(), "polylog config describe KEY");
    Settings& settings = configuration->settings;
    if (const auto safe = check_exposure(settings); !safe) {
        return refuse(safe.error(), "--insecure-listen if that is what you want");
    }
    if (const auto set = apply_log_levels(settings.log); !set) {
        return refuse(set.error(), "[log.components]");
    }
    const LogOutputInstalled log(settings.log);
    return ServerProcess(std::move(settings),
                         {.ports_file = std::string(arguments.get("ports-file")), .banner = banner},
                         started_at)
        .run();
}

ExitStatus run_dev(const Arguments& arguments) {
    // One shard: what a laptop tries out should leave the laptop its processors.
    ConfigLayer beneath{{"shards", {.text = "1", .origin = "polylog dev"}}};
    return start(arguments, std::move(beneath), true);
}

ExitStatus run_server(const Arguments& arguments) {
    return start(arguments, {}, false);
}

ExitStatus run_version(const Arguments& arguments) {
    if (arguments.get("output") == "json") {
        std::string text;
        base::JsonWriter(text).begin_object().field("version", POLYLOG_VERSION).end_object();
        fmt::print("{}\n", text);
    } else {
        fmt::print("polylog {}\n", POLYLOG_VERSION);
    }
    return ExitStatus::ok;
}

std::vector<Option> starting_options() {
    std::vector<Option> options = configuration_options();
    options.push_back({.names = "--ports-file",
                       .value_name = "FILE",
                       .documentation = "Write the addresses there when ready, as JSON",
                       .completion = "file"});
    return options;
}

}  // namespace

std::vector<Command> server_commands() {
    using Statuses = std::vector<std::pair<ExitStatus, std::string_view>>;
    const Statuses statuses = {{ExitStatus::internal, "the storage is damaged or failed"},
                               {ExitStatus::configuration,
                                "a setting is wrong, or an address taken"},
                               {ExitStatus::interrupted, "a second signal cut the stop short"}};
    return {{.path = "dev",
             .purpose = "Start a broker on this machine, without any configuration",
             .details = "Listens on loopback only and keeps its data in ./polylog-data.",
             .options = starting_options(),
             .examples = {{"polylog dev", ""}, {"polylog dev --kafka 127.0.0.1:19092", ""}},
             .exit_statuses = statuses,
             .run = run_dev},
            {.path = "server",
             .purpose = "Start a broker as a service",
             .details = "Ready when it says so in its log, on standard error. SIGTERM stops it.",
             .options = starting_options(),
             .examples = {{"polylog server -c polylog.toml", ""}},
             .exit_statuses = statuses,
             .run = run_server},
            {.path = "version",
             .purpose = "Print the version",
             .options = {{.names = "-o,--output",
                          .value_name = "FORMAT",
                          .documentation = "How to print it",
                          .default_value = "text",
                          .choices = {"text", "json"}}},
             .run = run_version}};
}

}  // namespace polylog::cmd

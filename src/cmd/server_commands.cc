#include "cmd/server_commands.h"

#include <fmt/format.h>

#include "cmd/configuration.h"
#include "cmd/log_output.h"
#include "cmd/output/answer.h"
#include "cmd/server_process.h"
#include "cmd/start_conflict.h"
#include "io/linux/clock.h"

namespace polylog::cmd {

namespace {

ExitStatus start(const Arguments& arguments, ConfigLayer beneath, bool banner) {
    const base::MonoTime started_at = io::LinuxClock().now();
    // Read once now, and again on SIGHUP.
    const auto read = [&arguments, beneath]() -> base::Result<Configuration> {
        TRY(Configuration configuration, load_configuration(arguments, beneath));
        TRY_VOID(check_exposure(configuration.settings));
        return configuration;
    };
    auto configuration = load_configuration(arguments, beneath);
    if (!configuration) {
        return report(arguments, settings_failure(configuration.error()));
    }
    const Settings& settings = configuration->settings;
    if (const auto safe = check_exposure(settings); !safe) {
        return report(arguments, {.error = safe.error(), .code = kExposureRefused});
    }
    if (const auto conflict = start_conflict(arguments, settings)) {
        return report(arguments, *conflict);
    }
    if (const auto set = apply_log_levels(settings.log); !set) {
        return report(arguments,
                      {.error = set.error(), .hint = "[log.components]", .code = kSettingWrong});
    }
    LogOutputInstalled log(settings.log);
    Announcement announcement{.ports_file = std::string(arguments.get("ports-file"))};
    if (banner) {
        announcement.print_banner = [&log](std::string_view text) {
            return log.print_between_records(text);
        };
    }
    return ServerProcess(std::move(*configuration), read, std::move(announcement), started_at)
        .run();
}

ExitStatus run_dev(const Arguments& arguments) {
    // What a laptop tries out should leave the laptop its processors and its disk: one shard, and a
    // write-ahead log that grows from 16 MiB to 128 MiB instead of from 128 MiB to 1 GiB.
    constexpr std::string_view kOrigin = "polylog dev";
    ConfigLayer beneath{{"shards", {.text = "1", .origin = std::string(kOrigin)}},
                        {"storage.wal_file_bytes",
                         {.text = "16MiB", .origin = std::string(kOrigin)}},
                        {"listen.aws", {.text = "127.0.0.1:9324", .origin = std::string(kOrigin)}},
                        {"aws.authentication", {.text = "any", .origin = std::string(kOrigin)}}};
    return start(arguments, std::move(beneath), true);
}

ExitStatus run_server(const Arguments& arguments) {
    return start(arguments, {}, false);
}

ExitStatus run_version(const Arguments& arguments) {
    Table table{.name = "programs", .columns = {"program", "version"}, .rows = {}};
    table.add({"polylog", POLYLOG_VERSION});
    return print_answer(arguments, std::move(table), "polylog " POLYLOG_VERSION "\n");
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
             .details = "Listens on loopback only, for SQS clients too, and keeps its data in "
                        "./polylog-data. One\n"
                        "shard and a small write-ahead log; everything else is as `polylog server` "
                        "has it.",
             .options = starting_options(),
             .examples = {{"polylog dev", "on the usual ports"},
                          {"polylog dev --kafka 127.0.0.1:19092 --admin 127.0.0.1:0 --aws "
                           "127.0.0.1:0 --data-dir d2",
                           "a second one beside it"}},
             .exit_statuses = statuses,
             .run = run_dev},
            {.path = "server",
             .purpose = "Start a broker as a service",
             .details = "Ready when it says so in its log, on standard error. SIGTERM stops it;\n"
                        "SIGHUP has it read its settings again.",
             .options = starting_options(),
             .examples = {{"polylog server -c polylog.toml", "with its settings"}},
             .exit_statuses = statuses,
             .run = run_server},
            {.path = "version",
             .purpose = "Print the version",
             .details = "One line, or the table of --output.",
             .options = output_options(),
             .examples = {{"polylog version", "for people"},
                          {"polylog version -o json", "for programs"}},
             .run = run_version}};
}

}  // namespace polylog::cmd

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <span>

#include "cmd/verbs/group_lag.h"
#include "cmd/verbs/session.h"
#include "cmd/verbs/verbs.h"
#include "io/signal.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;
using io::Task;

namespace {

// The groups that were named, or all.
Task<Result<std::vector<std::string>>> wanted_groups(Session& session) {
    const auto named = session.arguments().all("GROUP");
    std::vector<std::string> names(named.begin(), named.end());
    for (const std::string& name : names) {
        CO_TRY_VOID(co_await session.admin().describe_group(name));  // a slip is no lag of nothing
    }
    if (!names.empty()) co_return names;
    CO_TRY(const auto groups, co_await session.admin().groups());
    for (const auto& group : groups) names.push_back(group.group_id);
    std::ranges::sort(names);
    co_return names;
}

// A row per group and topic.
Task<Result<Table>> lag_table(Session& session) {
    CO_TRY(const auto groups, co_await wanted_groups(session));
    Table table{.name = "lag",
                .columns = {"group", "topic", "partitions", "lag", "largest", "seconds"},
                .rows = {}};
    for (const std::string& group : groups) {
        CO_TRY(const auto lags, co_await group_lag(session, group));
        for (size_t first = 0, next = 0; first < lags.size(); first = next) {
            int64_t sum = 0;
            int64_t largest = 0;
            for (; next < lags.size() && lags[next].partition.topic == lags[first].partition.topic;
                 ++next) {
                sum += lags[next].lag();
                largest = std::max(largest, lags[next].lag());
            }
            const auto of_topic = std::span(lags).subspan(first, next - first);
            table.add({group, lags[first].partition.topic, static_cast<int64_t>(next - first), sum,
                       largest, seconds_cell(oldest(of_topic))});
        }
    }
    co_return table;
}

Task<Result<ExitStatus>> lag(Session& session) {
    constexpr std::string_view kClearScreen = "\033[H\033[2J";
    const Arguments& arguments = session.arguments();
    CO_TRY(const auto interval, duration_option(arguments, "interval", std::chrono::seconds(2)));
    const bool redraws = ::isatty(STDOUT_FILENO) == 1 &&
                         session.options().render.format == OutputFormat::table;
    while (true) {
        CO_TRY(Table table, co_await lag_table(session));
        if (arguments.has("watch") && redraws) CO_TRY_VOID(session.write(kClearScreen));
        CO_TRY_VOID(session.print(std::move(table)));
        if (!arguments.has("watch")) co_return ExitStatus::ok;
        co_await io::sleep_for(interval);
    }
}

// What `lag check` allows.
struct LagBounds {
    int64_t records = std::numeric_limits<int64_t>::max();
    std::optional<base::Duration> age;

    bool allow(int64_t lag, const std::optional<base::Duration>& its_age) const {
        return lag <= records && (!age || !its_age || *its_age <= *age);
    }
};

Result<LagBounds> parse_bounds(const Arguments& arguments) {
    if (!arguments.find("max") && !arguments.find("max-age")) {
        return base::fail(ErrorCode::invalid_request,
                          "--max or --max-age says how much lag is too much");
    }
    LagBounds bounds;
    TRY(bounds.records, number_option(arguments, "max", bounds.records));
    if (arguments.find("max-age")) {
        TRY(bounds.age, duration_option(arguments, "max-age", base::Duration::zero()));
    }
    return bounds;
}

Task<Result<ExitStatus>> check(Session& session) {
    CO_TRY(const LagBounds bounds, parse_bounds(session.arguments()));
    CO_TRY(const auto groups, co_await wanted_groups(session));
    Table table{.name = "groups", .columns = {"group", "lag", "seconds", "ok"}, .rows = {}};
    bool all_ok = true;
    for (const std::string& group : groups) {
        CO_TRY(const auto lags, co_await group_lag(session, group));
        int64_t sum = 0;
        for (const PartitionLag& each : lags) sum += each.lag();
        const auto age = oldest(lags);
        const bool ok = bounds.allow(sum, age);
        table.add({group, sum, seconds_cell(age), ok});
        all_ok &= ok;
    }
    if (!session.options().quiet) CO_TRY_VOID(session.print(std::move(table)));
    co_return all_ok ? ExitStatus::ok : ExitStatus::condition_false;
}

}  // namespace

std::vector<Command> lag_commands() {
    const Positional groups{.name = "GROUP",
                            .documentation = "Names; without, all groups",
                            .required = false,
                            .repeatable = true,
                            .completion = "group"};
    auto check_statuses = client_exit_statuses();
    check_statuses.insert(check_statuses.begin(),
                          {ExitStatus::condition_false, "a group lags more"});
    return {
        {.path = "lag",
         .purpose = "Show how many records and seconds groups are behind",
         .details = "Seconds: the age of the oldest record that the group has not read.",
         .positionals = {groups},
         .options = with_client_options(
             {{.names = "-w,--watch", .documentation = "Again and again, until interrupted"},
              {.names = "--interval",
               .value_name = "DURATION",
               .documentation = "Between two looks",
               .default_value = "2s"}}),
         .examples = {{"polylog lag", "all groups"},
                      {"polylog lag billing -w", "one group, again and again"},
                      {"polylog lag --filter 'lag>0' --sort -lag", "the worst first"}},
         .exit_statuses = client_exit_statuses(),
         .run = run<lag>},
        {.path = "lag check",
         .purpose = "Tell by the exit status whether groups keep up",
         .positionals = {groups},
         .options = with_client_options(
             {{.names = "--max",
               .value_name = "N",
               .documentation = "Records that a group may be behind"},
              {.names = "--max-age",
               .value_name = "DURATION",
               .documentation = "How old a record may be that a group has not read"}}),
         .examples = {{"polylog lag check --max 10000 --max-age 5m", "all groups"},
                      {"polylog lag check billing --max 0 -q && deploy", "in a script"},
                      {"polylog lag check --max 10000 -o json", "for a program"}},
         .exit_statuses = std::move(check_statuses),
         .run = run<check>},
    };
}

}  // namespace polylog::cmd

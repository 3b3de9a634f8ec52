#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "base/log_format.h"
#include "base/logging.h"
#include "commit.h"
#include "test/sim/scenario.h"

// Runs scenarios from seeds, each seed twice, and compares the digests of the two runs.
namespace polylog::sim {
namespace {

struct Arguments {
    uint64_t seed = 1;
    uint64_t runs = 1;
    std::string scenario;
    bool trace = false;
    bool list = false;
};

struct Run {
    std::optional<std::string> failure;
    uint64_t digest = 0;
    uint64_t events = 0;
    base::Duration virtual_time{};
};

std::string failure_line(const Scenario& scenario, uint64_t seed, std::string_view what) {
    return fmt::format(
        "FAILED seed={} scenario={} commit={}: {}; replay: make sim SCENARIO={} "
        "SEED={}\n",
        seed, scenario.name, POLYLOG_COMMIT, what, scenario.name, seed);
}

// When a CHECK, a sanitizer or a bad access ends the process, the seed must not be lost.
char last_words[512];
size_t last_words_bytes = 0;

void say_last_words() {
    if (write(STDERR_FILENO, last_words, last_words_bytes) < 0) _exit(2);
}

void on_signal(int signal) {
    say_last_words();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void prepare_last_words(const Scenario& scenario, uint64_t seed) {
    const std::string line = failure_line(scenario, seed, "the process died");
    last_words_bytes = line.copy(last_words, sizeof last_words);
}

void trace_event(Instant when, const EventLabel& label) {
    const std::string node = label.node == kNoNode ? "-" : std::to_string(label.node.value);
    fmt::print("{:>15} ns  node {:<3} {} {}\n", when.time_since_epoch().count(), node,
               to_string(label.kind), label.id);
}

// What programs log belongs to the trace, at the moment it was logged.
class RunLog : public base::LogSink {
public:
    RunLog(const World& world, bool is_shown)
        : LogSink([&world] { return base::WallTime(world.now().time_since_epoch()); }),
          is_shown_(is_shown) {}

    void write(const base::LogRecord& record) override {
        if (!is_shown_) return;
        std::string line;
        base::append_log_line(line, record, base::LogFormat::text);
        fmt::print("{}", line);
    }

private:
    const bool is_shown_;
};

Run run_once(const Scenario& scenario, uint64_t seed, bool trace) {
    prepare_last_words(scenario, seed);
    World world(seed);
    RunLog log(world, trace);
    const base::InstalledLogSink installed(log);
    if (trace) world.scheduler().trace_to(trace_event);
    scenario.run(world);
    if (trace) {
        for (const auto& [name, point] : world.fault_points().points()) {
            fmt::print("fault point {}: visited {}, fired {}\n", name, point.visits, point.fired);
        }
    }
    return {world.failure(), world.scheduler().digest(), world.scheduler().events_run(),
            world.now().time_since_epoch()};
}

// A run that must hold its promise, twice the same way; adds to `total`.
std::optional<std::string> run_seed(const Scenario& scenario, uint64_t seed, bool trace,
                                    Run& total) {
    const Run first = run_once(scenario, seed, trace);
    const Run second = run_once(scenario, seed, false);
    total.events += first.events + second.events;
    total.virtual_time += first.virtual_time + second.virtual_time;
    if (first.digest != second.digest) {
        return fmt::format("not deterministic, digests {:016x} and {:016x}", first.digest,
                           second.digest);
    }
    return first.failure;
}

bool run_scenario(const Scenario& scenario, const Arguments& arguments) {
    const bool must_be_caught = scenario.caught_within > 0;
    const uint64_t seeds = must_be_caught ? scenario.caught_within : arguments.runs;
    const auto begin = std::chrono::steady_clock::now();
    Run total;
    for (uint64_t seed = arguments.seed; seed < arguments.seed + seeds; ++seed) {
        const std::optional<std::string> failure = run_seed(scenario, seed, arguments.trace, total);
        if (!failure) continue;
        const bool is_catch = must_be_caught && !failure->starts_with("not deterministic");
        if (is_catch) {
            fmt::print("ok     {}: caught by seed {}: {}\n", scenario.name, seed, *failure);
            return true;
        }
        fmt::print(stderr, "{}", failure_line(scenario, seed, *failure));
        return false;
    }
    if (must_be_caught) {
        fmt::print(stderr, "{}",
                   failure_line(scenario, arguments.seed, "the planted error was not caught"));
        return false;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const std::chrono::duration<double> lived = total.virtual_time;
    fmt::print("ok     {}: {} seeds, {:.1f} M events, {:.1f} M/s, {:.0f} x real time\n",
               scenario.name, seeds, static_cast<double>(total.events) / 1e6,
               static_cast<double>(total.events) / 1e6 / took.count(),
               lived.count() / took.count());
    return true;
}

int run(const Arguments& arguments) {
    bool found = false;
    bool all_well = true;
    for (const Scenario& scenario : scenarios()) {
        if (arguments.list) fmt::print("{:<40} {}\n", scenario.name, scenario.promise);
        if (!arguments.scenario.empty() && arguments.scenario != scenario.name) continue;
        found = true;
        if (!arguments.list) all_well &= run_scenario(scenario, arguments);
    }
    if (!found) fmt::print(stderr, "no scenario is called {}; see --list\n", arguments.scenario);
    return found && all_well ? 0 : 1;
}

}  // namespace
}  // namespace polylog::sim

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#define POLYLOG_ON_SANITIZER_DEATH(callback) __sanitizer_set_death_callback(callback)
#endif
#endif
#ifndef POLYLOG_ON_SANITIZER_DEATH
#define POLYLOG_ON_SANITIZER_DEATH(callback) static_cast<void>(callback)
#endif

int main(int argc, char** argv) {
    polylog::sim::Arguments arguments;
    CLI::App app{"Runs Polylog's simulated scenarios."};
    app.add_option("--seed", arguments.seed, "First seed")->capture_default_str();
    app.add_option("--runs", arguments.runs, "How many seeds from there on")->capture_default_str();
    app.add_option("--scenario", arguments.scenario, "Only this one");
    app.add_flag("--trace", arguments.trace, "Print every event");
    app.add_flag("--list", arguments.list, "List the scenarios");
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGABRT, polylog::sim::on_signal);
    POLYLOG_ON_SANITIZER_DEATH(polylog::sim::say_last_words);
    return polylog::sim::run(arguments);
}

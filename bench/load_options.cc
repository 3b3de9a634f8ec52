#include "bench/load_options.h"

#include <CLI/CLI.hpp>

namespace polylog::bench {

void add_load_options(CLI::App& app, LoadShape& shape) {
    const auto seconds = [](Seconds& target) {
        return [&target](const double& value) { target = Seconds(value); };
    };
    app.add_option("--port", shape.port, "the server's port on 127.0.0.1")->required();
    app.add_option("--connections", shape.connections)
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    app.add_option("--depth", shape.depth, "outstanding requests on a connection")
        ->capture_default_str()
        ->check(CLI::Range(1, 1 << 16));
    app.add_option("--rate", shape.requests_per_second,
                   "requests per second, open loop; 0: closed loop")
        ->check(CLI::NonNegativeNumber);
    app.add_option_function<double>("--warm-up", seconds(shape.warm_up), "seconds before measuring")
        ->check(CLI::Range(0.0, 600.0));
    app.add_option_function<double>("--measured", seconds(shape.measured), "seconds to measure")
        ->check(CLI::Range(0.01, 3600.0));
    app.add_option("--server-pid", shape.server_pid, "the process whose CPU time is read");
}

}  // namespace polylog::bench

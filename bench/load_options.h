#pragma once

#include "bench/load_loop.h"

namespace CLI {
class App;
}

namespace polylog::bench {

// The flags that every load program shares: where the server is, how many connections and
// outstanding requests, how long, whose CPU time to read. `shape` must outlive the parsing.
void add_load_options(CLI::App& app, LoadShape& shape);

}  // namespace polylog::bench

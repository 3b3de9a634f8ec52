#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cmd/command.h"
#include "cmd/output/answer.h"
#include "io/network.h"

namespace polylog::cmd {

// What every client command understands.
struct ClientOptions {
    std::vector<io::Endpoint> brokers;
    base::Duration timeout{};
    RenderSettings render;
    Query query;
    bool quiet = false;
    bool verbose = false;
    bool yes = false;
    bool dry_run = false;
};

// A command's own options, followed by those of all commands that talk to a broker; the second, by
// those of commands that change something, too.
std::vector<Option> with_client_options(std::vector<Option> own);
std::vector<Option> with_changing_options(std::vector<Option> own);
// Exit statuses that any command which talks to a broker may end with.
std::vector<std::pair<ExitStatus, std::string_view>> client_exit_statuses();

// Error: invalid_request, for a time-out or an address that is none.
base::Result<ClientOptions> client_options(const Arguments& arguments);

// "host:port", "host" (port 9092), "[::1]:9092", several with commas; "kafka://" in front is taken
// off.
base::Result<std::vector<io::Endpoint>> parse_brokers(std::string_view text);

// What an option's number may be.
struct NumberRange {
    int64_t least = 0;
    int64_t most = std::numeric_limits<int64_t>::max();
};
constexpr NumberRange kPartitionNumbers{0, std::numeric_limits<int32_t>::max()};
constexpr NumberRange kPartitionCounts{1, std::numeric_limits<int32_t>::max()};

// A value of the option --name. Error: invalid_request, naming the option.
base::Result<int64_t> parse_number(std::string_view text, std::string_view name, NumberRange range);
// The option's value, or `otherwise` without one. Errors: as parse_number.
base::Result<int64_t> number_option(const Arguments& arguments, std::string_view name,
                                    int64_t otherwise, NumberRange range = {});
base::Result<base::Duration> duration_option(const Arguments& arguments, std::string_view name,
                                             base::Duration otherwise);

}  // namespace polylog::cmd

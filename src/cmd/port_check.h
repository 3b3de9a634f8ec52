#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "cmd/settings.h"

namespace polylog::cmd {

// An address of the settings on which another program listens.
struct TakenAddress {
    io::Endpoint endpoint;
    std::string_view flag;  // "--kafka": which names another
    pid_t holder = 0;       // the other program's process; 0 when that cannot be seen
};

// Those that are taken, in the order of the settings. Needed because shards share their port, which
// lets a second broker of the same user share it unnoticed. Blocks while a host's name is looked
// up; one that leads nowhere is for whoever listens to report.
std::vector<TakenAddress> taken_addresses(const Settings& settings);

// A port near this one on which nobody listens now: 10,000 above, else one of the next; 0, for any
// free one, when none of them is.
uint16_t free_port_near(io::Endpoint endpoint);

// What /proc calls a process: "polylog"; empty when it is gone.
std::string process_name(pid_t pid);

}  // namespace polylog::cmd

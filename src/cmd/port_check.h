#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "cmd/settings.h"

namespace polylog::cmd {

struct PortConflict {
    base::Error error;  // names the address, and the process that has it where that can be seen
    std::string hint;   // names the setting and the flag
};

// Looks whether the addresses of the settings are free. Needed because shards share their port,
// which lets a second broker of the same user share it unnoticed.
std::optional<PortConflict> check_ports(const Settings& settings);

}  // namespace polylog::cmd

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cmd/settings.h"

namespace polylog::cmd {

// The addresses a server listens on, with the ports it got, in the order of the settings.
struct Listening {
    std::vector<io::Endpoint> kafka;
    std::vector<io::Endpoint> admin;
    std::vector<io::Endpoint> aws;
};

// How a server tells the outside that it is ready.
struct Announcement {
    std::string ports_file = {};  // written when ready; empty: none
    // Prints what to try next; none: it is not told.
    std::function<base::Result<void>(std::string_view banner)> print_banner = {};
};

// What `polylog dev` prints: how long it took, where everything is, and lines to copy and try, in
// which this program is called `program`, as whoever reads them called it.
std::string banner_text(const Settings& settings, const Listening& listening, base::Duration took,
                        std::string_view program);

// The listeners as a JSON object, for programs that asked for any free port:
// {"pid":17,"kafka":["127.0.0.1:40123"],"admin":["127.0.0.1:40124"],"aws":[]}
std::string ports_text(const Listening& listening, int64_t pid);

// Writes a file so that whoever looks sees nothing or all of it. Errors: io_failed.
base::Result<void> write_whole(const std::string& path, const std::string& text);

}  // namespace polylog::cmd

#pragma once

#include <span>

#include "protocol/kafka/call.h"

namespace polylog::kafka {

// One row of the table of what this broker serves.
struct Served {
    using Handler = io::Task<base::Result<Reply>> (*)(Client& client, const Call& call);

    const Api* api = nullptr;
    Handler handler = nullptr;
    // May run beside the requests before it on the same connection: only Produce, whose appends
    // take their order from the order in which they start. Everything else waits for its turn, as
    // clients expect.
    bool pipelined = false;
};

// Everything that is served, by rising key; what is not here is not advertised.
std::span<const Served> served_apis();
// Null when the key is not served.
const Served* find_served(int16_t key);

}  // namespace polylog::kafka

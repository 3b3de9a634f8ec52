#pragma once

#include "base/limits.h"
#include "base/result.h"
#include "io/network.h"
#include "io/shard.h"
#include "protocol/http/connection.h"
#include "protocol/http/router.h"
#include "protocol/server/acceptor.h"

namespace polylog::http {

// Accepts HTTP/1.1 clients on one shard and serves them there. Router, admission and limits
// outlive it.
class Server {
public:
    Server(io::Shard& shard, const Router& router, server::Admission& admission,
           const base::Limits& limits, size_t body_max_bytes);

    // Errors: io_failed with the reason (port in use).
    io::Task<base::Result<void>> listen(io::Endpoint endpoint) {
        return acceptor_.listen(std::move(endpoint));
    }
    const io::Endpoint& local() const { return acceptor_.local(); }
    // Stops accepting, lets requests under way be answered until the deadline, then closes
    // everything.
    io::Task<void> drain(base::MonoTime deadline) { return acceptor_.drain(deadline); }

    using Counts = server::ConnectionCounts;
    const Counts& counts() const { return acceptor_.counts(); }

private:
    server::Acceptor acceptor_;
};

}  // namespace polylog::http

#pragma once

#include <boost/intrusive/list.hpp>
#include <map>
#include <memory>
#include <string>

#include "base/limits.h"
#include "base/result.h"
#include "io/network.h"
#include "io/shard.h"
#include "io/signal.h"
#include "protocol/http/connection.h"
#include "protocol/http/router.h"

namespace polylog::http {

// Accepts HTTP/1.1 clients on one shard and serves them there. Router and limits outlive it.
class Server {
public:
    Server(io::Shard& shard, const Router& router, const base::Limits& limits,
           size_t body_max_bytes);

    // Errors: io_failed with the reason (port in use).
    io::Task<base::Result<void>> listen(io::Endpoint endpoint);
    const io::Endpoint& local() const { return listener_->local(); }
    // Stops accepting, lets requests under way be answered until the deadline, then closes
    // everything.
    io::Task<void> drain(base::MonoTime deadline);

    struct Counts {
        uint64_t accepted = 0;
        uint64_t refused = 0;  // over a limit
        uint64_t overdue = 0;  // closed for being idle, too slow, or not reading
        uint32_t open = 0;
    };
    const Counts& counts() const { return counts_; }

private:
    io::Task<void> accept_loop();
    io::Task<void> serve(std::unique_ptr<io::Stream> stream);
    bool admits(const std::string& host) const;

    io::Shard& shard_;
    const Router& router_;
    const base::Limits& limits_;
    const size_t body_max_bytes_;
    std::unique_ptr<io::Listener> listener_;
    Counts counts_;
    std::map<std::string, uint32_t> open_by_host_;
    struct Link : boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
        explicit Link(Connection& its_connection) : connection(its_connection) {}
        Connection& connection;
    };
    boost::intrusive::list<Link, boost::intrusive::constant_time_size<false>> connections_;
    io::Signal closed_;    // a connection has ended
    io::TaskScope scope_;  // last: goes first
};

}  // namespace polylog::http

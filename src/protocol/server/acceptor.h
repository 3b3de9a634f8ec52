#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "io/network.h"
#include "io/shard.h"
#include "io/signal.h"
#include "protocol/server/admission.h"
#include "protocol/server/connection.h"

namespace polylog::server {

// What an acceptor has counted since it was made.
struct ConnectionCounts {
    uint64_t accepted = 0;
    std::array<uint64_t, kRefusalKinds> refused{};  // by Refusal
    std::array<uint64_t, kOverdueKinds> overdue{};  // closed, by Overdue
    uint32_t open = 0;                              // now

    uint64_t of(Refusal refusal) const { return refused[static_cast<size_t>(refusal)]; }
    uint64_t of(Overdue reason) const { return overdue[static_cast<size_t>(reason)]; }
};

// One listening address on one shard: accepts clients within the limits, runs their connections,
// closes those that are overdue, and drains. Several shards listen on the same endpoint.
class Acceptor {
public:
    // Makes the connection of a protocol. Called on the acceptor's shard.
    using Connect = std::function<std::unique_ptr<Connection>(std::unique_ptr<io::Stream>)>;

    // `protocol` is a literal, for logs. Admission and limits outlive it.
    Acceptor(io::Shard& shard, std::string_view protocol, Admission& admission, Connect connect);

    // Errors: io_failed with the reason (port in use).
    io::Task<base::Result<void>> listen(io::Endpoint endpoint);
    const io::Endpoint& local() const { return listener_->local(); }
    // Stops accepting, lets requests under way be answered until the deadline, then closes
    // everything.
    io::Task<void> drain(base::MonoTime deadline);

    const ConnectionCounts& counts() const { return counts_; }

private:
    io::Task<void> accept_loop();
    io::Task<void> serve(std::unique_ptr<io::Stream> stream);
    io::Task<void> watch_loop();
    void refuse(const io::Stream& stream, Refusal refusal);
    void cut_off();

    io::Shard& shard_;
    const std::string_view protocol_;
    Admission& admission_;
    const Connect connect_;
    std::unique_ptr<io::Listener> listener_;
    bool draining_ = false;
    ConnectionCounts counts_;
    struct Link : boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
        explicit Link(Connection& its_connection) : connection(its_connection) {}
        Connection& connection;
        bool overdue = false;  // closed for it already
    };
    boost::intrusive::list<Link, boost::intrusive::constant_time_size<false>> connections_;
    io::Signal accepted_;  // a connection has begun
    io::Signal closed_;    // a connection has ended
    io::TaskScope scope_;  // last: goes first
};

}  // namespace polylog::server

#pragma once

#include <boost/intrusive/list.hpp>
#include <map>
#include <memory>
#include <string>

#include "base/limits.h"
#include "base/result.h"
#include "io/network.h"
#include "io/shard.h"
#include "protocol/kafka/call.h"
#include "protocol/kafka/connection.h"
#include "protocol/kafka/request_metrics.h"

namespace polylog::kafka {

// Accepts Kafka clients on one shard and serves them there. Several shards listen on the same
// endpoint.
class Server {
public:
    Server(io::Shard& shard, broker::Broker& broker, const base::Limits& limits,
           std::optional<io::Endpoint> advertised);

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
    // What the requests took, by API.
    base::MetricsSnapshot request_metrics() const { return metrics_.collect(); }

private:
    io::Task<void> accept_loop();
    io::Task<void> serve(std::unique_ptr<io::Stream> stream);
    io::Task<void> watch_loop();
    bool admits(const std::string& host);

    io::Shard& shard_;
    const base::Limits& limits_;
    ProducerIds producer_ids_;
    model::Decompressor decompressor_;
    RequestMetrics metrics_;
    Service service_;
    ReceiveSlabs slabs_;
    std::unique_ptr<io::Listener> listener_;
    Counts counts_;
    std::map<std::string, uint32_t> open_by_host_;
    struct Link : boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
        explicit Link(Connection& its_connection) : connection(its_connection) {}
        Connection& connection;
    };
    boost::intrusive::list<Link, boost::intrusive::constant_time_size<false>> connections_;
    io::Signal accepted_;  // a connection has begun
    io::Signal closed_;    // a connection has ended
    io::TaskScope scope_;  // last: goes first
};

}  // namespace polylog::kafka

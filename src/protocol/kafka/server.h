#pragma once

#include <optional>

#include "base/limits.h"
#include "base/result.h"
#include "io/network.h"
#include "io/shard.h"
#include "protocol/kafka/call.h"
#include "protocol/kafka/connection.h"
#include "protocol/kafka/request_metrics.h"
#include "protocol/server/acceptor.h"

namespace polylog::kafka {

// Accepts Kafka clients on one shard and serves them there. Several shards listen on the same
// endpoint.
class Server {
public:
    // Broker, admission and limits outlive it.
    Server(io::Shard& shard, broker::Broker& broker, server::Admission& admission,
           const base::Limits& limits, std::optional<io::Endpoint> advertised);

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
    // What the requests took, by API.
    base::MetricsSnapshot request_metrics() const { return metrics_.collect(); }

private:
    ProducerIds producer_ids_;
    model::Decompressor decompressor_;
    RequestMetrics metrics_;
    Service service_;
    ReceiveSlabs slabs_;
    server::Acceptor acceptor_;  // last: goes first
};

}  // namespace polylog::kafka

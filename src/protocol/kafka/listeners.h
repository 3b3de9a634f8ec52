#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "base/metrics.h"
#include "base/result.h"
#include "io/network.h"
#include "io/shard.h"
#include "protocol/kafka/server.h"

namespace polylog::kafka {

// Where Kafka clients come in: on every shard of a broker one Server for each address that is
// listened on. Made and called on the first shard; each server lives on its own. Destroyed when the
// shards' tasks are gone, before the broker.
class Listeners {
public:
    Listeners(const std::vector<io::Shard*>& shards, broker::Broker& broker,
              server::Admission& admission, const base::Limits& limits);

    // Listens on every shard, on the same port; the kernel spreads connections over them. Returns
    // where: port 0 becomes the one that was free. `advertised`: where clients are told to connect;
    // nothing = the address they came in by. Errors: those of Server::listen.
    io::Task<base::Result<io::Endpoint>> open(io::Endpoint bind,
                                              std::optional<io::Endpoint> advertised);
    // Server::drain, of all at once.
    io::Task<void> drain(base::MonoTime deadline);

    // What all servers have counted, as of one moment on each shard.
    struct Collected {
        base::MetricsSnapshot requests;
        std::vector<Server::Counts> connections;  // by server
    };
    io::Task<Collected> collect();

private:
    // The servers of one shard.
    struct Share {
        io::Shard& shard;
        std::vector<std::unique_ptr<Server>> servers;
    };
    io::Task<base::Result<io::Endpoint>> open_on(Share& share, io::Endpoint bind,
                                                 std::optional<io::Endpoint> advertised);
    static io::Task<void> drain_on(Share& share, base::MonoTime deadline);
    static io::Task<Collected> collect_on(Share& share);

    broker::Broker& broker_;
    server::Admission& admission_;
    const base::Limits& limits_;
    std::vector<Share> shares_;  // by shard
};

}  // namespace polylog::kafka

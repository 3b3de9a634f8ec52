#pragma once

#include "io/network.h"
#include "io/sim/sim_network.h"

namespace polylog::sim {

// The network as the program on one shard of a node sees it.
class NetworkPort : public io::Network {
public:
    NetworkPort(SimNetwork& network, NodeId node) : network_(network), node_(node) {}

    io::Task<base::Result<std::unique_ptr<io::Listener>>> listen(io::Endpoint endpoint) override;
    io::Task<base::Result<std::unique_ptr<io::Stream>>> connect(io::Endpoint endpoint) override;

private:
    SimNetwork& network_;
    const NodeId node_;
};

}  // namespace polylog::sim

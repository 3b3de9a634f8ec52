#pragma once

#include <optional>
#include <string>

#include "protocol/kafka/wire.h"

// Where the leader went, so that a client may go there without asking for metadata first (KIP-951).
namespace polylog::kafka {

// Who leads now, told along with an error (KIP-951); -1 when that is not known.
struct LeaderIdAndEpoch {
    int32_t leader_id = -1;  // -1 unknown
    int32_t leader_epoch = -1;
    bool operator==(const LeaderIdAndEpoch&) const = default;
    void wire(auto& io) { io(leader_id)(leader_epoch); }
};

// Where to find that leader (KIP-951).
struct NodeEndpoint {
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;
    void wire(auto& io) { io(node_id)(host)(port)(rack); }
};

}  // namespace polylog::kafka

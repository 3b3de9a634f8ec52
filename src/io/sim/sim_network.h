#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/signal.h"
#include "io/sim/connection.h"
#include "io/sim/links.h"

namespace polylog::sim {

// Bounds of sockets, and how often reads and writes are cut short.
struct NetworkSettings {
    size_t send_buffer_bytes = 64 << 10;     // written and not yet acknowledged, per connection and
                                             // direction
    size_t receive_buffer_bytes = 64 << 10;  // arrived and not yet read
    size_t accept_backlog = 128;
    base::Duration silence_max = std::chrono::seconds(60);  // a sender that hears nothing gives up
    base::Duration connect_max = std::chrono::seconds(10);
    double tiny_read = 0;     // probability that read_some returns one byte only
    double short_write = 0;   // probability that write_some takes less than it could
    double accept_error = 0;  // probability that accept answers io_failed, as when out of file
                              // descriptors
};

// Connections on one endpoint that wait to be accepted by one shard.
struct ListenQueue {
    io::Endpoint local;
    std::deque<ConnectionEnd> backlog;
    io::Signal arrived;
    bool closed = false;
};

// A connection being set up.
struct Dial {
    NodeId from;
    uint64_t incarnation = 0;  // of the dialling node
    io::Endpoint target;
    Instant give_up_at{};
    base::Duration backoff{};
    io::Completion<base::Result<ConnectionEnd>> done;
};

// The network between all nodes, and the part of their kernels that speaks TCP. Nodes are found by
// address or name; "localhost", 127.0.0.1 and ::1 are the node itself. Used through NetworkPort by
// programs.
class SimNetwork {
public:
    SimNetwork(Scheduler& scheduler, RandomStream stream, LinkSettings links);
    SimNetwork(const SimNetwork&) = delete;
    SimNetwork& operator=(const SimNetwork&) = delete;

    NetworkSettings& settings() { return settings_; }
    Links& links() { return links_; }
    // Resets every connection between two nodes, in the middle of what is under way.
    void reset(NodeId a, NodeId b);
    size_t connections() const { return connections_.size(); }

    // For nodes.
    void add_host(NodeId node, std::string name, std::string address);
    void power_up(NodeId node) { host(node).has_power = true; }
    void crash(NodeId node, Crash kind);

    // For ports.
    base::Result<std::shared_ptr<ListenQueue>> listen(NodeId node, io::Endpoint endpoint);
    std::shared_ptr<Dial> dial(NodeId node, io::Endpoint target);

    // For connections.
    Scheduler& scheduler() { return scheduler_; }
    RandomStream& random() { return stream_; }
    bool reaches(NodeId from, NodeId to);
    void forget(uint64_t connection_id) { connections_.erase(connection_id); }

private:
    struct Host {
        std::string name;
        std::string address;
        bool has_power = false;
        uint64_t incarnation = 0;
        uint16_t next_port = 32768;  // where ephemeral ports begin on Linux
        std::map<uint16_t, std::vector<std::weak_ptr<ListenQueue>>> listening;  // by port
    };
    struct Destination {
        NodeId node;
        bool is_loopback = false;
    };

    Host& host(NodeId node) { return hosts_.at(node.value); }
    std::optional<Destination> resolve(NodeId from, const std::string& name) const;
    uint16_t free_port(Host& host);
    std::shared_ptr<ListenQueue> choose_listener(const Destination& destination, uint16_t port);
    void knock(const std::shared_ptr<Dial>& dial);
    void knock_again(const std::shared_ptr<Dial>& dial);
    void answer(const std::shared_ptr<Dial>& dial, NodeId from, base::Result<ConnectionEnd> result);
    base::Result<ConnectionEnd> establish(const Dial& dial, NodeId acceptor, ListenQueue& queue);
    bool is_abandoned(const Dial& dial) { return host(dial.from).incarnation != dial.incarnation; }

    Scheduler& scheduler_;
    RandomStream stream_;
    NetworkSettings settings_;
    Links links_;
    std::vector<Host> hosts_;
    std::map<uint64_t, std::weak_ptr<Connection>> connections_;
    uint64_t next_connection_ = 0;
};

}  // namespace polylog::sim

#include "io/sim/sim_network.h"

#include <fmt/core.h>

#include <algorithm>

namespace polylog::sim {

using base::Duration;
using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

// As Linux repeats a connection request: after 1 s, then twice as long each time.
constexpr Duration kKnockAgainAfter = std::chrono::seconds(1);

bool is_any_address(std::string_view host) {
    return host.empty() || host == "0.0.0.0" || host == "::";
}

}  // namespace

SimNetwork::SimNetwork(Scheduler& scheduler, RandomStream stream, LinkSettings links)
    : scheduler_(scheduler), stream_(stream), links_(scheduler, stream.split("links"), links) {}

void SimNetwork::reset(NodeId a, NodeId b) {
    std::vector<std::shared_ptr<Connection>> between;
    for (const auto& [id, weak] : connections_) {
        auto connection = weak.lock();
        if (connection && connection->joins(a, b)) between.push_back(std::move(connection));
    }
    for (const auto& connection : between) connection->reset();
}

void SimNetwork::add_host(NodeId node, std::string name, std::string address) {
    CHECK(node.value == hosts_.size());
    Host host;
    host.name = std::move(name);
    host.address = std::move(address);
    hosts_.push_back(std::move(host));
}

void SimNetwork::crash(NodeId node, Crash kind) {
    Host& dead = host(node);
    ++dead.incarnation;
    if (kind == Crash::power_cut) dead.has_power = false;

    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [id, weak] : connections_) {
        if (auto connection = weak.lock()) all.push_back(std::move(connection));
    }
    for (const auto& connection : all) connection->node_crashed(node, kind);
    dead.listening.clear();
}

Result<std::shared_ptr<ListenQueue>> SimNetwork::listen(NodeId node, io::Endpoint endpoint) {
    const std::optional<Destination> destination = resolve(node, endpoint.host);
    if (!destination || destination->node != node) {
        return fail(ErrorCode::io_failed,
                    fmt::format("{} is not an address of this node", endpoint.host));
    }
    if (endpoint.port == 0) endpoint.port = free_port(host(node));
    auto queue = std::make_shared<ListenQueue>();
    queue->local = std::move(endpoint);
    host(node).listening[queue->local.port].push_back(queue);
    return queue;
}

std::shared_ptr<Dial> SimNetwork::dial(NodeId node, io::Endpoint target) {
    auto dial = std::make_shared<Dial>();
    dial->from = node;
    dial->incarnation = host(node).incarnation;
    dial->target = std::move(target);
    dial->give_up_at = scheduler_.now() + settings_.connect_max;
    dial->backoff = kKnockAgainAfter;
    const std::optional<Destination> destination = resolve(node, dial->target.host);
    if (!destination) {
        answer(dial, node,
               fail(ErrorCode::io_failed, fmt::format("unknown host {}", dial->target.host)));
        return dial;
    }
    scheduler_.at(links_.arrival(node, destination->node, 0), {node, EventKind::network, 0},
                  [this, dial] { knock(dial); });
    return dial;
}

bool SimNetwork::reaches(NodeId from, NodeId to) {
    return !links_.is_cut(from, to) && host(from).has_power && host(to).has_power;
}

std::optional<SimNetwork::Destination> SimNetwork::resolve(NodeId from,
                                                           const std::string& name) const {
    if (is_any_address(name) || name == "localhost" || name == "127.0.0.1" || name == "::1") {
        return Destination{from, true};
    }
    for (uint32_t i = 0; i < hosts_.size(); ++i) {
        if (hosts_[i].name == name || hosts_[i].address == name) return Destination{NodeId{i}};
    }
    return std::nullopt;
}

uint16_t SimNetwork::free_port(Host& host) {
    while (host.listening.contains(host.next_port)) ++host.next_port;
    if (host.next_port < 32768) host.next_port = 32768;  // wrapped around
    return host.next_port++;
}

std::shared_ptr<ListenQueue> SimNetwork::choose_listener(const Destination& destination,
                                                         uint16_t port) {
    auto& at_port = host(destination.node).listening[port];
    std::erase_if(at_port, [](const auto& weak) { return weak.expired() || weak.lock()->closed; });
    std::vector<std::shared_ptr<ListenQueue>> matching;
    for (const auto& weak : at_port) {
        auto queue = weak.lock();
        const bool listens_here = is_any_address(queue->local.host) ||
                                  resolve(destination.node, queue->local.host)->is_loopback ==
                                      destination.is_loopback;
        if (listens_here) matching.push_back(std::move(queue));
    }
    return matching.empty() ? nullptr : matching[stream_.below(matching.size())];
}

// The request to connect arrives.
void SimNetwork::knock(const std::shared_ptr<Dial>& dial) {
    if (is_abandoned(*dial)) return;
    const Destination destination = *resolve(dial->from, dial->target.host);
    if (!reaches(dial->from, destination.node)) return knock_again(dial);
    const auto queue = choose_listener(destination, dial->target.port);
    if (!queue) {
        auto refusal = fmt::format("{} refuses connections", to_string(dial->target));
        return answer(dial, destination.node, fail(ErrorCode::io_failed, std::move(refusal)));
    }
    if (queue->backlog.size() >= settings_.accept_backlog) return knock_again(dial);
    answer(dial, destination.node, establish(*dial, destination.node, *queue));
}

void SimNetwork::knock_again(const std::shared_ptr<Dial>& dial) {
    const Instant next = scheduler_.now() + dial->backoff;
    dial->backoff *= 2;
    if (next < dial->give_up_at) {
        scheduler_.at(next, {dial->from, EventKind::network, 0}, [this, dial] { knock(dial); });
        return;
    }
    scheduler_.at(dial->give_up_at, {dial->from, EventKind::network, 0}, [this, dial] {
        if (is_abandoned(*dial)) return;
        auto silence = fmt::format("{} does not answer", to_string(dial->target));
        dial->done.complete(fail(ErrorCode::io_failed, std::move(silence)));
    });
}

void SimNetwork::answer(const std::shared_ptr<Dial>& dial, NodeId from,
                        Result<ConnectionEnd> result) {
    scheduler_.at(links_.arrival(from, dial->from, 0), {dial->from, EventKind::network, 0},
                  [this, dial, from, result = std::move(result)]() mutable {
                      if (is_abandoned(*dial)) return;
                      if (!reaches(from, dial->from)) return knock_again(dial);
                      dial->done.complete(std::move(result));
                  });
}

Result<ConnectionEnd> SimNetwork::establish(const Dial& dial, NodeId acceptor, ListenQueue& queue) {
    const bool is_loopback = resolve(dial.from, dial.target.host)->is_loopback;
    const std::string loopback = "127.0.0.1";
    Host& dialling = host(dial.from);
    Host& accepting = host(acceptor);
    const uint64_t id = ++next_connection_;
    auto connection = std::make_shared<Connection>(
        *this, id,
        Connection::End{dial.from,
                        {is_loopback ? loopback : dialling.address, free_port(dialling)}},
        Connection::End{acceptor, {is_loopback ? loopback : accepting.address, dial.target.port}});
    connections_.emplace(id, connection);
    queue.backlog.emplace_back(connection, Side::acceptor);
    queue.arrived.notify_all();
    return ConnectionEnd(std::move(connection), Side::dialler);
}

}  // namespace polylog::sim

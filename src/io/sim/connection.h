#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "io/network.h"
#include "io/signal.h"
#include "io/sim/crash.h"
#include "io/sim/instant.h"

namespace polylog::sim {

class SimNetwork;

// The two ends of a connection: who dialled and who accepted.
enum class Side : uint8_t { dialler, acceptor };
constexpr Side other(Side side) {
    return side == Side::dialler ? Side::acceptor : Side::dialler;
}

// One TCP connection between two nodes, as their kernels see it: two byte streams in order, each
// with a bounded buffer at either end. Lost pieces are sent again, so a cut link delays bytes until
// it is healed, or until the sender's kernel gives up after NetworkSettings::silence_max; then only
// the sender knows. What survives of a dead machine's connections is silence: its peer learns of it
// by a reset once it sends and the machine is up again, or by giving up.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    struct End {
        NodeId node;
        io::Endpoint address;
    };
    Connection(SimNetwork& network, uint64_t id, End dialler, End acceptor);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // As io::Stream, for the program that holds that side.
    base::Result<size_t> read_some(Side side, base::MutableBytes into);
    base::Result<size_t> write_some(Side side, std::span<const base::Bytes> pieces);
    bool can_read(Side side) const;
    bool can_write(Side side) const;
    bool is_closed(Side side) const { return socket(side).state == State::closed; }
    // What was written arrives, then the peer reads the end; but bytes lying unread here abort it.
    void close(Side side);
    // Drops what is under way and resets the peer.
    void abort(Side side);
    // Notified when can_read or can_write may have changed.
    io::Signal& readable(Side side) { return socket(side).readable; }
    io::Signal& writable(Side side) { return socket(side).writable; }
    const io::Endpoint& address(Side side) const { return socket(side).end.address; }

    // The program on that node dies: its kernel closes its sides, or nothing more is heard of them.
    void node_crashed(NodeId node, Crash kind);
    // Both ends learn at once that the connection is gone, in the middle of what is under way.
    void reset();
    bool joins(NodeId a, NodeId b) const;

private:
    enum class State : uint8_t {
        open,
        closed,  // by its program, or its program is gone
        reset,   // by the peer, the network or after a long silence; its program may not know yet
    };
    // A piece under way: its last byte is at stream position `end`.
    struct Piece {
        Instant due;
        uint64_t end = 0;
        bool is_finish = false;  // the sender has closed
    };
    // The bytes from one side to the other. Positions count from the beginning of the stream:
    // read <= delivered <= written, and acknowledged <= delivered.
    struct Pipe {
        std::string bytes;     // those at positions [trimmed, written)
        uint64_t trimmed = 0;  // at most `read`
        uint64_t read = 0;
        uint64_t delivered = 0;
        uint64_t acknowledged = 0;
        uint64_t written = 0;
        std::deque<Piece> under_way;
        bool finished = false;       // the receiver knows that no more will come
        Instant armed = kEndOfTime;  // of the next attempt to deliver
        Instant silent_since = kEndOfTime;
        base::Duration backoff{};
    };
    struct Socket {
        End end;
        State state = State::open;
        bool vanished = false;  // its machine lost power: no kernel knows the connection
        io::Signal readable;
        io::Signal writable;
        Pipe sent;
    };

    Socket& socket(Side side) { return sockets_[static_cast<size_t>(side)]; }
    const Socket& socket(Side side) const { return sockets_[static_cast<size_t>(side)]; }
    size_t write_room(const Pipe& pipe) const;
    size_t receive_room(const Pipe& pipe) const;
    void send_piece(Side from, size_t size_bytes, bool is_finish);
    void arm(Side from, Instant when);
    void try_to_deliver(Side from);
    void deliver_due(Pipe& pipe);
    void acknowledge(Side from);
    void wait_in_silence(Side from);
    void send_reset(Side to);
    void learn_of_reset(Side side);
    void notify(Side side);

    SimNetwork& network_;
    const uint64_t id_;
    Socket sockets_[2];
};

// One side, held: destroying it closes the side.
class ConnectionEnd {
public:
    ConnectionEnd(std::shared_ptr<Connection> connection, Side side)
        : connection_(std::move(connection)), side_(side) {}
    ConnectionEnd(ConnectionEnd&&) = default;
    ConnectionEnd& operator=(ConnectionEnd&&) = delete;
    ~ConnectionEnd() {
        if (connection_) connection_->close(side_);
    }

    const std::shared_ptr<Connection>& connection() const { return connection_; }
    Side side() const { return side_; }

private:
    std::shared_ptr<Connection> connection_;
    Side side_;
};

}  // namespace polylog::sim

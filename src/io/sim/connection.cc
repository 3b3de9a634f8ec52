#include "io/sim/connection.h"

#include <algorithm>
#include <cstring>

#include "io/sim/sim_network.h"

namespace polylog::sim {

using base::Duration;
using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

// Retransmission time-outs as in Linux: doubling from 200 ms, here up to 5 s so that healing shows
// soon.
constexpr Duration kBackoffMin = std::chrono::milliseconds(200);
constexpr Duration kBackoffMax = std::chrono::seconds(5);

}  // namespace

Connection::Connection(SimNetwork& network, uint64_t id, End dialler, End acceptor)
    : network_(network), id_(id) {
    socket(Side::dialler).end = std::move(dialler);
    socket(Side::acceptor).end = std::move(acceptor);
}

Connection::~Connection() {
    network_.forget(id_);
}

Result<size_t> Connection::read_some(Side side, base::MutableBytes into) {
    const State state = socket(side).state;
    if (state == State::closed) return fail(ErrorCode::closed);
    Pipe& pipe = socket(other(side)).sent;
    size_t count = std::min<size_t>(into.size(), pipe.delivered - pipe.read);
    if (count == 0) {
        if (state == State::reset || pipe.finished) return fail(ErrorCode::closed);
        return 0;
    }
    if (network_.random().chance(network_.settings().tiny_read)) count = 1;
    const bool was_blocked = receive_room(pipe) == 0 && !pipe.under_way.empty();
    std::memcpy(into.data(), pipe.bytes.data() + (pipe.read - pipe.trimmed), count);
    pipe.read += count;
    if (pipe.read == pipe.written || pipe.read - pipe.trimmed >= pipe.bytes.size() / 2) {
        pipe.bytes.erase(0, pipe.read - pipe.trimmed);
        pipe.trimmed = pipe.read;
    }
    if (was_blocked) {
        // The sender learns that there is room again.
        const NodeId reader = socket(side).end.node;
        arm(other(side), network_.links().arrival(reader, socket(other(side)).end.node, 0));
    }
    return count;
}

Result<size_t> Connection::write_some(Side side, std::span<const base::Bytes> pieces) {
    if (socket(side).state != State::open) return fail(ErrorCode::closed);
    Pipe& pipe = socket(side).sent;
    size_t room = write_room(pipe);
    if (room > 1 && network_.random().chance(network_.settings().short_write)) {
        room = 1 + network_.random().below(room);
    }
    const size_t room_before = room;
    for (const base::Bytes piece : pieces) {
        const base::Bytes accepted = piece.first(std::min(room, piece.size()));
        pipe.bytes.append(base::as_text(accepted));
        room -= accepted.size();
    }
    const size_t count = room_before - room;
    if (count == 0) return 0;
    size_t first = count;
    if (count > 1 && network_.random().chance(0.25)) first = 1 + network_.random().below(count - 1);
    send_piece(side, first, false);
    if (first < count) send_piece(side, count - first, false);
    return count;
}

bool Connection::can_read(Side side) const {
    const Pipe& pipe = socket(other(side)).sent;
    return socket(side).state != State::open || pipe.delivered > pipe.read || pipe.finished;
}

bool Connection::can_write(Side side) const {
    return socket(side).state != State::open || write_room(socket(side).sent) > 0;
}

void Connection::close(Side side) {
    Socket& closing = socket(side);
    const Pipe& received = socket(other(side)).sent;
    if (closing.state == State::open) {
        if (received.delivered > received.read) return abort(side);
        send_piece(side, 0, true);
    }
    closing.state = State::closed;
    notify(side);
}

void Connection::abort(Side side) {
    Socket& closing = socket(side);
    if (closing.state == State::open) {
        closing.sent.under_way.clear();
        send_reset(other(side));
    }
    closing.state = State::closed;
    notify(side);
}

void Connection::node_crashed(NodeId node, Crash kind) {
    for (const Side side : {Side::dialler, Side::acceptor}) {
        Socket& dead = socket(side);
        if (dead.end.node != node) continue;
        if (kind == Crash::kill) {
            close(side);
        } else {
            dead.state = State::closed;
            dead.vanished = true;
            dead.sent.under_way.clear();
        }
    }
}

void Connection::reset() {
    for (const Side side : {Side::dialler, Side::acceptor}) {
        Pipe& pipe = socket(side).sent;
        const uint64_t arrives = std::min<uint64_t>(pipe.written - pipe.delivered,
                                                    receive_room(pipe));
        if (!pipe.under_way.empty()) pipe.delivered += network_.random().below(arrives + 1);
    }
    learn_of_reset(Side::dialler);
    learn_of_reset(Side::acceptor);
}

bool Connection::joins(NodeId a, NodeId b) const {
    const NodeId dialler = socket(Side::dialler).end.node;
    const NodeId acceptor = socket(Side::acceptor).end.node;
    return (dialler == a && acceptor == b) || (dialler == b && acceptor == a);
}

size_t Connection::write_room(const Pipe& pipe) const {
    const uint64_t used = pipe.written - pipe.acknowledged;
    const uint64_t capacity = network_.settings().send_buffer_bytes;
    return used < capacity ? capacity - used : 0;
}

size_t Connection::receive_room(const Pipe& pipe) const {
    const uint64_t used = pipe.delivered - pipe.read;
    const uint64_t capacity = network_.settings().receive_buffer_bytes;
    return used < capacity ? capacity - used : 0;
}

void Connection::send_piece(Side from, size_t size_bytes, bool is_finish) {
    Pipe& pipe = socket(from).sent;
    pipe.written += size_bytes;
    const Instant due = network_.links().arrival(socket(from).end.node,
                                                 socket(other(from)).end.node, size_bytes);
    pipe.under_way.push_back({due, pipe.written, is_finish});
    const bool attempt_is_coming = pipe.under_way.size() > 1 || pipe.silent_since != kEndOfTime;
    if (!attempt_is_coming) arm(from, due);
}

void Connection::arm(Side from, Instant when) {
    Pipe& pipe = socket(from).sent;
    when = std::max(when, network_.scheduler().now());
    if (pipe.armed <= when) return;
    pipe.armed = when;
    network_.scheduler().at(when, {socket(other(from)).end.node, EventKind::network, id_},
                            [self = shared_from_this(), from] { self->try_to_deliver(from); });
}

void Connection::try_to_deliver(Side from) {
    Socket& sender = socket(from);
    Socket& receiver = socket(other(from));
    Pipe& pipe = sender.sent;
    if (network_.scheduler().now() != pipe.armed) return;  // an earlier attempt took its place
    pipe.armed = kEndOfTime;
    if (pipe.under_way.empty() && pipe.acknowledged == pipe.delivered) return;
    if (sender.vanished || sender.state == State::reset) return;
    if (!network_.reaches(sender.end.node, receiver.end.node)) return wait_in_silence(from);

    if (receiver.vanished || receiver.state != State::open) {
        if (pipe.written == pipe.delivered) return pipe.under_way.clear();  // both have closed
        send_reset(from);
        return wait_in_silence(from);  // the reset may get lost
    }
    if (network_.links().draws_reset(sender.end.node, receiver.end.node)) return reset();
    deliver_due(pipe);
    network_.scheduler().note(pipe.delivered);
    if (can_read(other(from))) receiver.readable.notify_all();
    acknowledge(from);
}

void Connection::deliver_due(Pipe& pipe) {
    while (!pipe.under_way.empty() && pipe.under_way.front().due <= network_.scheduler().now()) {
        const Piece& piece = pipe.under_way.front();
        pipe.delivered += std::min<uint64_t>(piece.end - pipe.delivered, receive_room(pipe));
        if (pipe.delivered < piece.end) return;
        pipe.finished |= piece.is_finish;
        pipe.under_way.pop_front();
    }
}

void Connection::acknowledge(Side from) {
    Socket& sender = socket(from);
    Pipe& pipe = sender.sent;
    if (!network_.reaches(socket(other(from)).end.node, sender.end.node))
        return wait_in_silence(from);
    pipe.acknowledged = pipe.delivered;
    pipe.silent_since = kEndOfTime;
    if (sender.state == State::open && can_write(from)) sender.writable.notify_all();
    const bool blocked = pipe.delivered > pipe.read && receive_room(pipe) == 0;
    if (!pipe.under_way.empty() && !blocked) arm(from, pipe.under_way.front().due);
}

void Connection::wait_in_silence(Side from) {
    Pipe& pipe = socket(from).sent;
    const Instant now = network_.scheduler().now();
    if (pipe.silent_since == kEndOfTime) {
        pipe.silent_since = now;
        pipe.backoff = kBackoffMin;
    }
    if (now - pipe.silent_since > network_.settings().silence_max) return learn_of_reset(from);
    arm(from, now + network_.random().between(pipe.backoff / 2, pipe.backoff));
    pipe.backoff = std::min(pipe.backoff * 2, kBackoffMax);
}

void Connection::send_reset(Side to) {
    const NodeId sender = socket(other(to)).end.node;
    const NodeId receiver = socket(to).end.node;
    network_.scheduler().at(network_.links().arrival(sender, receiver, 0),
                            {receiver, EventKind::network, id_},
                            [self = shared_from_this(), sender, to] {
                                const NodeId arrives_at = self->socket(to).end.node;
                                if (self->network_.reaches(sender, arrives_at))
                                    self->learn_of_reset(to);
                            });
}

void Connection::learn_of_reset(Side side) {
    Socket& told = socket(side);
    told.sent.under_way.clear();
    if (told.state != State::open) return;
    told.state = State::reset;
    // Kernels differ in whether bytes that had arrived can still be read.
    Pipe& received = socket(other(side)).sent;
    if (network_.random().chance(0.5)) received.read = received.delivered;
    notify(side);
}

void Connection::notify(Side side) {
    socket(side).readable.notify_all();
    socket(side).writable.notify_all();
}

}  // namespace polylog::sim

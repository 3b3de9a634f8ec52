#include "io/linux/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <climits>

#include "io/linux/system_error.h"

namespace polylog::io {

using base::Result;
using Direction = WatchedDescriptor::Direction;

namespace {

Task<Result<void>> until_ready(WatchedDescriptor::Ref socket, Direction direction) {
    co_await socket->ready(direction);
    if (socket->closed()) co_return base::fail(base::ErrorCode::closed);
    co_return Result<void>();
}

// Leaves the entries behind `count` uninitialised: 16 KiB that most calls use a few bytes of.
struct Gather {
    // Takes pieces from the front until it is full.
    explicit Gather(std::span<const base::Bytes>& pieces) {
        const size_t taken = std::min<size_t>(pieces.size(), IOV_MAX);
        for (const base::Bytes piece : pieces.first(taken)) {
            if (piece.empty()) continue;
            entries[count++] = {const_cast<std::byte*>(piece.data()), piece.size()};
            size_bytes += piece.size();
        }
        pieces = pieces.subspan(taken);
    }
    std::array<iovec, IOV_MAX> entries;
    size_t count = 0;
    size_t size_bytes = 0;
};

}  // namespace

LinuxStream::LinuxStream(WatchedDescriptor::Owner socket, const Address& peer)
    : socket_(std::move(socket)), peer_(to_endpoint(peer)), local_(local_endpoint(socket_->fd())) {
    constexpr int kOn = 1;
    ::setsockopt(socket_->fd(), IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
}

Task<Result<void>> LinuxStream::readable() {
    return until_ready(socket_.get(), Direction::read);
}

Task<Result<void>> LinuxStream::writable() {
    return until_ready(socket_.get(), Direction::write);
}

Result<size_t> LinuxStream::read_some(base::MutableBytes into) {
    if (socket_->closed()) return base::fail(base::ErrorCode::closed);
    if (into.empty()) return size_t{0};
    const ssize_t received = ::recv(socket_->fd(), into.data(), into.size(), MSG_DONTWAIT);
    if (received < 0) return failed(errno, Direction::read, "receive from");
    if (received == 0) return base::fail(base::ErrorCode::closed);
    const auto size_bytes = static_cast<size_t>(received);
    if (size_bytes < into.size()) socket_->exhausted(Direction::read);
    return size_bytes;
}

Result<size_t> LinuxStream::write_some(std::span<const base::Bytes> pieces) {
    if (socket_->closed()) return base::fail(base::ErrorCode::closed);
    size_t written_bytes = 0;
    while (!pieces.empty()) {
        Gather gather(pieces);
        if (gather.count == 0) continue;
        msghdr message{};
        message.msg_iov = gather.entries.data();
        message.msg_iovlen = gather.count;
        const ssize_t sent = ::sendmsg(socket_->fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) {
            auto outcome = failed(errno, Direction::write, "send to");
            if (written_bytes == 0) return outcome;
            break;  // those bytes are out: a lasting failure shows again with the next call
        }
        written_bytes += static_cast<size_t>(sent);
        if (static_cast<size_t>(sent) < gather.size_bytes) {
            socket_->exhausted(Direction::write);
            break;
        }
    }
    return written_bytes;
}

Result<size_t> LinuxStream::failed(int error, Direction direction, const char* operation) {
    switch (error) {
    case EAGAIN: socket_->exhausted(direction); return size_t{0};
    case EINTR: return size_t{0};  // still ready: the next wait returns at once
    case ENOBUFS:
    case ENOMEM: return system_failure(error, operation, to_string(peer_));
    default:
        // The connection is lost, whichever way: reset, unreachable or timed out.
        socket_->close();
        return base::fail(base::ErrorCode::closed,
                          system_error(error, operation, to_string(peer_)).message());
    }
}

}  // namespace polylog::io

#include "io/linux/listener.h"

#include <cerrno>

#include "io/linux/stream.h"
#include "io/linux/system_error.h"
#include "io/shard.h"

namespace polylog::io {

using base::Result;

namespace {

// accept(2) reports what went wrong with one connection, or with the network it came from, as its
// own failure: the next connection may be fine.
bool concerns_one_connection(int error) {
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPERM:  // refused by a firewall rule
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case EOPNOTSUPP: return true;
    default: return false;
    }
}

}  // namespace

LinuxListener::LinuxListener(Reactor& reactor, WatchedDescriptor::Owner socket)
    : reactor_(reactor), socket_(std::move(socket)), local_(local_endpoint(socket_->fd())) {}

Task<Result<std::unique_ptr<Stream>>> LinuxListener::accept() {
    // While the socket is open the listener is alive; after each wait that has to be asked first.
    const WatchedDescriptor::Ref socket(socket_.get());
    while (!socket->closed()) {
        if (Shard::current().now() < rest_until_) {
            co_await closing_.wait_until(rest_until_);
            continue;
        }
        Address peer;
        FileDescriptor fd(
            ::accept4(socket->fd(), peer.get(), &peer.size_bytes, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (fd) co_return take(std::move(fd), peer);
        if (errno == EAGAIN) {
            socket->exhausted(WatchedDescriptor::Direction::read);
            co_await socket->ready(WatchedDescriptor::Direction::read);
        } else if (!concerns_one_connection(errno)) {
            const int error = errno;
            rest_until_ = Shard::current().now() + kRest;
            co_return system_failure(error, "accept on", to_string(local_));
        }
    }
    co_return base::fail(base::ErrorCode::closed);
}

Result<std::unique_ptr<Stream>> LinuxListener::take(FileDescriptor fd, const Address& peer) {
    auto socket = WatchedDescriptor::watch(reactor_, std::move(fd), true);
    if (!socket) {
        rest_until_ = Shard::current().now() + kRest;
        return base::fail(std::move(socket).error());
    }
    return std::make_unique<LinuxStream>(std::move(*socket), peer);
}

void LinuxListener::close() {
    socket_->close();
    closing_.notify_all();
}

}  // namespace polylog::io

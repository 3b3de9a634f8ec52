#include "io/linux/network.h"

#include <netinet/in.h>

#include <cerrno>

#include "io/linux/listener.h"
#include "io/linux/stream.h"
#include "io/linux/system_error.h"

namespace polylog::io {

using base::Result;

namespace {

constexpr int kOn = 1;
constexpr int kOff = 0;

void set_option(int fd, int level, int option, int value) {
    // Only hints and conveniences are set here; a kernel without one of them still works.
    ::setsockopt(fd, level, option, &value, sizeof value);
}

Result<FileDescriptor> open_socket(const Address& address) {
    FileDescriptor fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return system_failure(errno, "socket for", to_string(to_endpoint(address)));
    return fd;
}

Result<void> listen_on(int fd, const Address& address, bool every_address) {
    const auto failure = [&](const char* what) {
        return system_failure(errno, what, to_string(to_endpoint(address)));
    };
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, kOn);
    if (address.family() == AF_INET6) {
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, every_address ? kOff : kOn);
    }
    if (::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &kOn, sizeof kOn) != 0) return failure("share");
    if (::bind(fd, address.get(), address.size_bytes) != 0) return failure("bind");
    constexpr int kBacklog = 4096;  // the kernel lowers it to net.core.somaxconn
    if (::listen(fd, kBacklog) != 0) return failure("listen on");
    return {};
}

// True once the connection attempt on `fd` is over; an error when it failed.
Result<bool> is_connected(int fd, const Address& address) {
    int error = 0;
    socklen_t size_bytes = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size_bytes);
    if (error != 0) return system_failure(error, "connect to", to_string(to_endpoint(address)));
    Address peer;
    return ::getpeername(fd, peer.get(), &peer.size_bytes) == 0;
}

}  // namespace

Task<LinuxNetwork::Addresses> LinuxNetwork::look_up(Endpoint endpoint,
                                                    Addresses (*how)(const Endpoint&)) {
    if (!needs_lookup(endpoint)) co_return how(endpoint);
    auto work = [endpoint = std::move(endpoint), how] { return how(endpoint); };
    co_return co_await lookups_.run(std::move(work));
}

Task<Result<std::unique_ptr<Listener>>> LinuxNetwork::listen(Endpoint endpoint) {
    const bool every_address = endpoint.host.empty();
    CO_TRY(const auto addresses, co_await look_up(std::move(endpoint), &addresses_to_listen_on));
    base::Error failure(base::ErrorCode::io_failed, "no address to listen on");
    for (const Address& address : addresses) {
        auto fd = open_socket(address);
        if (!fd) {
            failure = std::move(fd).error();
            continue;  // a family that this machine does not have
        }
        CO_TRY_VOID(listen_on(fd->get(), address, every_address));
        CO_TRY(auto socket, WatchedDescriptor::watch(reactor_, std::move(*fd), false));
        co_return std::make_unique<LinuxListener>(reactor_, std::move(socket));
    }
    co_return base::fail(std::move(failure));
}

Task<Result<std::unique_ptr<Stream>>> LinuxNetwork::connect(Endpoint endpoint) {
    CO_TRY(const auto addresses, co_await look_up(std::move(endpoint), &addresses_to_connect_to));
    base::Error failure(base::ErrorCode::io_failed, "no address to connect to");
    for (const Address& address : addresses) {
        auto stream = co_await connect_to(address);
        if (stream) co_return std::move(*stream);
        failure = std::move(stream).error();
    }
    co_return base::fail(std::move(failure));
}

Task<Result<std::unique_ptr<Stream>>> LinuxNetwork::connect_to(Address address) {
    CO_TRY(FileDescriptor fd, open_socket(address));
    if (::connect(fd.get(), address.get(), address.size_bytes) != 0 && errno != EINPROGRESS) {
        co_return system_failure(errno, "connect to", to_string(to_endpoint(address)));
    }
    CO_TRY(auto socket, WatchedDescriptor::watch(reactor_, std::move(fd), false));
    while (true) {
        CO_TRY(const bool connected, is_connected(socket->fd(), address));
        if (connected) co_return std::make_unique<LinuxStream>(std::move(socket), address);
        socket->exhausted(WatchedDescriptor::Direction::write);
        co_await socket->ready(WatchedDescriptor::Direction::write);
    }
}

}  // namespace polylog::io

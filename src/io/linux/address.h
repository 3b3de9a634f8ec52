#pragma once

#include <sys/socket.h>

#include <vector>

#include "base/result.h"
#include "io/network.h"

namespace polylog::io {

// An IPv4 or IPv6 socket address in the kernel's form.
struct Address {
    sockaddr_storage storage{};
    socklen_t size_bytes = sizeof(sockaddr_storage);

    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
    int family() const { return storage.ss_family; }
};

// The host as digits; an IPv4 peer of an IPv6 socket is shown as IPv4.
Endpoint to_endpoint(const Address& address);
Endpoint local_endpoint(int socket_fd);

// Whether finding the host's addresses may ask a name server.
bool needs_lookup(const Endpoint& endpoint);
// The addresses of an endpoint, best first; an empty host is this machine. Blocks if needs_lookup.
// Listening puts IPv4 before IPv6, since clients of a name such as localhost try both or only IPv4.
base::Result<std::vector<Address>> addresses_to_listen_on(const Endpoint& endpoint);
base::Result<std::vector<Address>> addresses_to_connect_to(const Endpoint& endpoint);

}  // namespace polylog::io

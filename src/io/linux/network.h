#pragma once

#include "io/linux/address.h"
#include "io/linux/blocking_pool.h"
#include "io/linux/reactor.h"
#include "io/network.h"

namespace polylog::io {

// TCP over IPv4 and IPv6. Host names are looked up on `lookups`, which a slow name server may keep
// busy: no other work shares it.
class LinuxNetwork final : public Network {
public:
    // Both outlive the network and what it made.
    LinuxNetwork(Reactor& reactor, BlockingPool& lookups) : reactor_(reactor), lookups_(lookups) {}

    // Binds one address of the endpoint with SO_REUSEPORT: the first of a family that the machine
    // has, IPv4 before IPv6. The empty host takes connections of both.
    Task<base::Result<std::unique_ptr<Listener>>> listen(Endpoint endpoint) override;
    // Tries the endpoint's addresses in turn.
    Task<base::Result<std::unique_ptr<Stream>>> connect(Endpoint endpoint) override;

private:
    using Addresses = base::Result<std::vector<Address>>;
    Task<Addresses> look_up(Endpoint endpoint, Addresses (*how)(const Endpoint&));
    Task<base::Result<std::unique_ptr<Stream>>> connect_to(Address address);

    Reactor& reactor_;
    BlockingPool& lookups_;
};

}  // namespace polylog::io

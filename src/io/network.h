#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "base/slice.h"
#include "io/task.h"

namespace polylog::io {

// Where to listen, or to connect to.
struct Endpoint {
    std::string host;   // an IP address or a name; empty means every local address when listening
    uint16_t port = 0;  // 0 when listening: any free port, see Listener::local

    bool operator==(const Endpoint&) const = default;
};
std::string to_string(const Endpoint& endpoint);  // "host:port", IPv6 hosts in brackets

// One TCP (or TLS) connection, on one shard. Waiting and moving bytes are separate, so that an idle
// connection holds no buffer and everything that arrived is taken with one read.
// After close(), or once the peer is gone, every call answers `closed`.
class Stream {
public:
    virtual ~Stream() = default;

    // Returns when read_some would make progress, including towards an error. At most one waiter.
    virtual Task<base::Result<void>> readable() = 0;
    // Returns when write_some would make progress. At most one waiter, beside the one for reading.
    virtual Task<base::Result<void>> writable() = 0;
    // Takes what is there, at most into.size(); 0 = nothing yet, wait for readable().
    // `closed` when the peer has finished sending.
    virtual base::Result<size_t> read_some(base::MutableBytes into) = 0;
    // Hands over as much as fits, in order; 0 = no room, wait for writable().
    virtual base::Result<size_t> write_some(std::span<const base::Bytes> pieces) = 0;
    // Wakes both waiters. Safe to call twice.
    virtual void close() = 0;

    virtual const Endpoint& peer() const = 0;
    virtual const Endpoint& local() const = 0;
};

// A listening socket, on the shard that opened it.
class Listener {
public:
    virtual ~Listener() = default;
    // At most one waiter. `closed` after close(); other errors are passing (out of file
    // descriptors).
    virtual Task<base::Result<std::unique_ptr<Stream>>> accept() = 0;
    virtual const Endpoint& local() const = 0;
    virtual void close() = 0;
};

// Sockets of one shard. Errors: io_failed, with the address.
class Network {
public:
    virtual ~Network() = default;
    // Several shards may listen on the same endpoint; the kernel spreads connections over them.
    virtual Task<base::Result<std::unique_ptr<Listener>>> listen(Endpoint endpoint) = 0;
    virtual Task<base::Result<std::unique_ptr<Stream>>> connect(Endpoint endpoint) = 0;
};

}  // namespace polylog::io

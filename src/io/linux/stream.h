#pragma once

#include "io/linux/address.h"
#include "io/linux/reactor.h"
#include "io/network.h"

namespace polylog::io {

// A connected TCP socket with TCP_NODELAY: what is handed over in one turn is already gathered, so
// that holding it back for more would only delay it. Peers that finish sending may still be written
// to.
class LinuxStream final : public Stream {
public:
    LinuxStream(WatchedDescriptor::Owner socket, const Address& peer);

    Task<base::Result<void>> readable() override;
    Task<base::Result<void>> writable() override;
    base::Result<size_t> read_some(base::MutableBytes into) override;
    base::Result<size_t> write_some(std::span<const base::Bytes> pieces) override;
    void close() override { socket_->close(); }
    const Endpoint& peer() const override { return peer_; }
    const Endpoint& local() const override { return local_; }

private:
    // What a failed call means for the stream: 0 when it only has to wait.
    base::Result<size_t> failed(int error, WatchedDescriptor::Direction direction,
                                const char* operation);

    const WatchedDescriptor::Owner socket_;
    const Endpoint peer_;
    const Endpoint local_;
};

}  // namespace polylog::io

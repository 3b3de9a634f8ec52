#pragma once

#include "base/time.h"
#include "io/linux/address.h"
#include "io/linux/reactor.h"
#include "io/network.h"
#include "io/signal.h"

namespace polylog::io {

// A listening socket. When the process runs out of descriptors or memory, the connection that could
// not be taken stays in the kernel's queue and accept() would fail again at once: so after a
// failure it rests for kRest before it tries again, and a caller that simply loops does not spin.
class LinuxListener final : public Listener {
public:
    static constexpr base::Duration kRest = std::chrono::milliseconds(20);

    LinuxListener(Reactor& reactor, WatchedDescriptor::Owner socket);

    Task<base::Result<std::unique_ptr<Stream>>> accept() override;
    const Endpoint& local() const override { return local_; }
    void close() override;

private:
    base::Result<std::unique_ptr<Stream>> take(FileDescriptor fd, const Address& peer);

    Reactor& reactor_;
    const WatchedDescriptor::Owner socket_;
    const Endpoint local_;
    base::MonoTime rest_until_{};
    Signal closing_;
};

}  // namespace polylog::io

#pragma once

#include <memory>

#include "base/limits.h"
#include "io/network.h"
#include "io/shard.h"
#include "io/task.h"
#include "protocol/server/activity.h"

namespace polylog::server {

// One client's connection, as the acceptor that made it sees it; protocols derive theirs. Lives on
// the accepting shard, from the end of its admission to the end of run().
class Connection {
public:
    // The limits outlive it.
    Connection(const base::Limits& limits, std::unique_ptr<io::Stream> stream)
        : stream_(std::move(stream)), activity_(limits, io::Shard::current().now()) {}
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Serves until either side closes.
    virtual io::Task<void> run() = 0;
    // The listener is draining: what is under way is answered, the client may be told that nothing
    // follows. The connection is closed as soon as it is quiet.
    virtual void finish() {}
    void close() { stream_->close(); }

    const Activity& activity() const { return activity_; }
    const io::Endpoint& peer() const { return stream_->peer(); }

protected:
    const std::unique_ptr<io::Stream> stream_;
    Activity activity_;
};

}  // namespace polylog::server

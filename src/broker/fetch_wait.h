#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "broker/streams.h"
#include "io/signal.h"
#include "replication/partition.h"

namespace polylog::broker {

// Watches the partitions of one fetch, on whichever shards they live, for new records. Made before
// the partitions are read, so that what arrives between the reading and the waiting is not missed.
// Lives on the shard of the fetch; the watching shards hold nothing of it that could dangle.
class FetchWait {
public:
    FetchWait(Shards& shards, const Fetch& fetch);
    ~FetchWait();
    FetchWait(const FetchWait&) = delete;
    FetchWait& operator=(const FetchWait&) = delete;

    // Returns when some partition has changed since this object was made, or at the deadline.
    io::Task<void> changed(base::MonoTime deadline);

private:
    struct Remote;
    static io::Task<void> watch_remotely(std::shared_ptr<Remote> remote);

    bool changed_ = false;
    io::Signal signal_;
    std::deque<replication::Partition::Watch> watches_;  // of this shard's partitions
    std::vector<std::shared_ptr<Remote>> remotes_;
};

}  // namespace polylog::broker

#pragma once

#include <memory>
#include <vector>

#include "protocol/aws/front_end.h"

namespace polylog::aws {

// Where clients of SQS come in: a FrontEnd on every shard of a broker. Made and called on the first
// shard. Destroyed when the shards' tasks are gone, before the broker.
class Listeners {
public:
    Listeners(const std::vector<io::Shard*>& shards, broker::Broker& broker,
              server::Admission& admission, const base::Limits& limits,
              const FrontEndOptions& options);

    // Listens on every shard, on the same port; the kernel spreads connections over them. Returns
    // where. Errors: those of FrontEnd::listen.
    io::Task<base::Result<io::Endpoint>> open(io::Endpoint bind);
    // FrontEnd::drain, of all at once.
    io::Task<void> drain(base::MonoTime deadline);
    // What all of them have counted, as of one moment on each shard.
    io::Task<FrontEnd::Collected> collect();

private:
    std::vector<std::unique_ptr<FrontEnd>> front_ends_;  // by shard
};

}  // namespace polylog::aws

#include "protocol/aws/listeners.h"

#include <algorithm>
#include <iterator>

#include "io/scope.h"

namespace polylog::aws {

using base::Result;
using io::Task;

Listeners::Listeners(const std::vector<io::Shard*>& shards, broker::Broker& broker,
                     server::Admission& admission, const base::Limits& limits,
                     const FrontEndOptions& options) {
    for (io::Shard* shard : shards) {
        front_ends_.push_back(
            std::make_unique<FrontEnd>(*shard, broker, admission, limits, options));
    }
}

Task<Result<io::Endpoint>> Listeners::open(io::Endpoint bind) {
    std::optional<io::Endpoint> first;
    for (const auto& front_end : front_ends_) {
        CO_TRY(const io::Endpoint bound,
               co_await io::call(front_end->shard(), [&] { return front_end->listen(bind); }));
        if (!first) first = bound;
        bind.port = bound.port;  // the first found a free one if any would do
    }
    co_return *first;
}

Task<void> Listeners::drain(base::MonoTime deadline) {
    io::TaskScope drains;
    for (const auto& front_end : front_ends_) {
        drains.spawn(io::call(front_end->shard(),
                              [&front_end, deadline] { return front_end->drain(deadline); }));
    }
    co_await drains.join();
}

Task<FrontEnd::Collected> Listeners::collect() {
    FrontEnd::Collected all;
    for (const auto& front_end : front_ends_) {
        auto some = co_await io::call(front_end->shard(),
                                      [&front_end] { return io::ready(front_end->collect()); });
        all.requests.merge(some.requests);
        std::ranges::move(some.connections, std::back_inserter(all.connections));
    }
    co_return all;
}

}  // namespace polylog::aws

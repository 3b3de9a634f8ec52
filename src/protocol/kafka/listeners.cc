#include "protocol/kafka/listeners.h"

#include <iterator>

#include "io/scope.h"

namespace polylog::kafka {

using base::Result;
using io::Task;

Listeners::Listeners(const std::vector<io::Shard*>& shards, broker::Broker& broker,
                     server::Admission& admission, const base::Limits& limits)
    : broker_(broker), admission_(admission), limits_(limits) {
    for (io::Shard* shard : shards) shares_.push_back({.shard = *shard, .servers = {}});
}

Task<Result<io::Endpoint>> Listeners::open(io::Endpoint bind,
                                           std::optional<io::Endpoint> advertised) {
    std::optional<io::Endpoint> first;
    for (Share& share : shares_) {
        CO_TRY(const io::Endpoint bound, co_await io::call(share.shard, [=, this, &share] {
                   return open_on(share, bind, advertised);
               }));
        if (!first) first = bound;
        bind.port = bound.port;  // the first found a free one if any would do
    }
    co_return *first;
}

// coroutine-safe: the share is this object's
Task<Result<io::Endpoint>> Listeners::open_on(Share& share, io::Endpoint bind,
                                              std::optional<io::Endpoint> advertised) {
    auto server = std::make_unique<Server>(share.shard, broker_, admission_, limits_,
                                           std::move(advertised));
    CO_TRY_VOID(co_await server->listen(std::move(bind)));
    share.servers.push_back(std::move(server));
    co_return share.servers.back()->local();
}

Task<void> Listeners::drain(base::MonoTime deadline) {
    io::TaskScope drains;
    for (Share& share : shares_) {
        drains.spawn(
            io::call(share.shard, [&share, deadline] { return drain_on(share, deadline); }));
    }
    co_await drains.join();
}

// coroutine-safe: the share is the caller's object's
Task<void> Listeners::drain_on(Share& share, base::MonoTime deadline) {
    io::TaskScope drains;
    for (const auto& server : share.servers) drains.spawn(server->drain(deadline));
    co_await drains.join();
}

Task<Listeners::Collected> Listeners::collect() {
    Collected all;
    for (Share& share : shares_) {
        Collected some = co_await io::call(share.shard, [&share] { return collect_on(share); });
        all.requests.merge(some.requests);
        std::ranges::move(some.connections, std::back_inserter(all.connections));
    }
    co_return all;
}

// coroutine-safe: the share is the caller's object's
Task<Listeners::Collected> Listeners::collect_on(Share& share) {
    Collected some;
    for (const auto& server : share.servers) {
        some.requests.merge(server->request_metrics());
        some.connections.push_back(server->counts());
    }
    co_return some;
}

}  // namespace polylog::kafka

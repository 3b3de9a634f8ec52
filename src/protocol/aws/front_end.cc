#include "protocol/aws/front_end.h"

#include "io/scope.h"

namespace polylog::aws {

using base::Result;
using io::Task;

namespace {

Authentication authentication_of(FrontEndOptions& options) {
    if (!options.access_keys) return Authentication(std::move(options.realm));
    return {std::move(options.realm),
            [keys = *std::move(options.access_keys)](
                std::string_view access_key) -> std::optional<base::Secret> {
                const auto key = keys.find(access_key);
                if (key == keys.end()) return std::nullopt;
                return key->second;
            }};
}

}  // namespace

FrontEnd::FrontEnd(io::Shard& shard, broker::Broker& broker, server::Admission& admission,
                   const base::Limits& limits, FrontEndOptions options)
    : shard_(shard),
      admission_(admission),
      limits_(limits),
      body_max_bytes_(options.dispatcher.body_max_bytes),
      authentication_(authentication_of(options)),
      queue_handlers_(broker.queues()),
      message_handlers_(broker.queues(), std::move(options.receipt_key)),
      dispatcher_(authentication_, std::move(options.dispatcher)) {
    queue_handlers_.add_to(dispatcher_);
    message_handlers_.add_to(dispatcher_);
    dispatcher_.add_routes(router_);
}

Task<Result<io::Endpoint>> FrontEnd::listen(io::Endpoint bind) {
    auto server = std::make_unique<http::Server>(shard_, router_, admission_, limits_,
                                                 body_max_bytes_);
    CO_TRY_VOID(co_await server->listen(std::move(bind)));
    servers_.push_back(std::move(server));
    co_return servers_.back()->local();
}

Task<void> FrontEnd::drain(base::MonoTime deadline) {
    message_handlers_.stop_waiting();
    io::TaskScope drains;
    for (const auto& server : servers_) drains.spawn(server->drain(deadline));
    co_await drains.join();
}

FrontEnd::Collected FrontEnd::collect() {
    Collected collected;
    message_handlers_.collect(collected.requests);
    for (const auto& server : servers_) collected.connections.push_back(server->counts());
    return collected;
}

}  // namespace polylog::aws

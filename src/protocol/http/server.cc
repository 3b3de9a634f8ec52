#include "protocol/http/server.h"

#include "base/logging.h"

namespace polylog::http {

using base::Result;
using io::Task;

namespace {

const base::Logger kLogger("http");

}  // namespace

Server::Server(io::Shard& shard, const Router& router, const base::Limits& limits,
               size_t body_max_bytes)
    : shard_(shard), router_(router), limits_(limits), body_max_bytes_(body_max_bytes) {}

Task<Result<void>> Server::listen(io::Endpoint endpoint) {
    CO_TRY(listener_, co_await shard_.env().network.listen(std::move(endpoint)));
    scope_.spawn(accept_loop());
    co_return {};
}

Task<void> Server::accept_loop() {
    for (;;) {
        auto stream = co_await listener_->accept();
        if (stream) {
            scope_.spawn(serve(std::move(*stream)));
            continue;
        }
        if (stream.error() == base::ErrorCode::closed) co_return;
        kLogger.error("accept_failed", "a connection could not be accepted",
                      {{"err", stream.error()}});
    }
}

Task<void> Server::serve(std::unique_ptr<io::Stream> stream) {
    const std::string host = stream->peer().host;
    if (!admits(host)) {
        ++counts_.refused;
        kLogger.warn("connection_refused", "too many connections",
                     {{"peer", host}, {"open", counts_.open}});
        co_return;
    }
    ++counts_.accepted;
    ++counts_.open;
    ++open_by_host_[host];
    {
        Connection connection(router_, limits_, body_max_bytes_, std::move(stream));
        Link link(connection);
        connections_.push_back(link);
        co_await connection.run();
        if (connection.was_overdue()) ++counts_.overdue;
    }
    --counts_.open;
    const auto here = open_by_host_.find(host);
    if (--here->second == 0) open_by_host_.erase(here);
    closed_.notify_all();
}

bool Server::admits(const std::string& host) const {
    if (counts_.open >= limits_.connections_max) return false;
    const auto here = open_by_host_.find(host);
    return here == open_by_host_.end() || here->second < limits_.connections_per_ip_max;
}

Task<void> Server::drain(base::MonoTime deadline) {
    listener_->close();
    for (Link& link : connections_) link.connection.finish();
    while (!connections_.empty() && co_await closed_.wait_until(deadline)) {}
    for (Link& link : connections_) link.connection.close();
    while (!connections_.empty()) co_await closed_.wait();
}

}  // namespace polylog::http

#include "protocol/kafka/server.h"

#include <algorithm>

#include "base/logging.h"
#include "io/signal.h"

namespace polylog::kafka {

using base::Result;
using io::Task;

namespace {

const base::Logger kLogger("kafka");

constexpr base::Duration kWatchInterval = std::chrono::seconds(1);
// After a failed accept (no file descriptors left) the next attempt waits: connections must close
// first.
constexpr base::Duration kAcceptPause = std::chrono::milliseconds(100);
constexpr base::Duration kDrainInterval = std::chrono::milliseconds(20);

}  // namespace

Server::Server(io::Shard& shard, broker::Broker& broker, const base::Limits& limits,
               std::optional<io::Endpoint> advertised)
    : shard_(shard),
      limits_(limits),
      producer_ids_(broker),
      service_{.broker = broker,
               .producer_ids = producer_ids_,
               .decompressor = decompressor_,
               .limits = limits,
               .metrics = metrics_,
               .advertised = std::move(advertised)} {}

Task<Result<void>> Server::listen(io::Endpoint endpoint) {
    CO_TRY(listener_, co_await shard_.env().network.listen(std::move(endpoint)));
    scope_.spawn(accept_loop());
    scope_.spawn(watch_loop());
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
        co_await io::sleep_for(kAcceptPause);
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
        Connection connection(service_, slabs_, std::move(stream));
        Link link(connection);
        connections_.push_back(link);
        accepted_.notify_all();
        co_await connection.run();
    }
    --counts_.open;
    const auto here = open_by_host_.find(host);
    if (--here->second == 0) open_by_host_.erase(here);
    closed_.notify_all();
}

bool Server::admits(const std::string& host) {
    if (counts_.open >= limits_.connections_max) return false;
    const auto here = open_by_host_.find(host);
    return here == open_by_host_.end() || here->second < limits_.connections_per_ip_max;
}

Task<void> Server::watch_loop() {
    for (;;) {
        // Nothing to watch costs nothing: an idle broker does not wake up.
        while (connections_.empty()) co_await accepted_.wait();
        co_await io::sleep_for(kWatchInterval);
        const base::MonoTime now = shard_.now();
        for (Link& link : connections_) {
            const char* reason = link.connection.overdue(now);
            if (!reason) continue;
            ++counts_.overdue;
            kLogger.info("connection_overdue", "closing a connection",
                         {{"peer", io::to_string(link.connection.peer())}, {"reason", reason}});
            link.connection.close();
        }
    }
}

Task<void> Server::drain(base::MonoTime deadline) {
    listener_->close();
    while (!connections_.empty() && shard_.now() < deadline) {
        for (Link& link : connections_) {
            if (link.connection.quiet()) link.connection.close();
        }
        const base::MonoTime next = std::min(deadline, shard_.now() + kDrainInterval);
        co_await closed_.wait_until(next);
    }
    // Requests may wait for much longer than a drain, so their tasks are not waited for.
    scope_.destroy_all();
    open_by_host_.clear();
    counts_.open = 0;
}

}  // namespace polylog::kafka

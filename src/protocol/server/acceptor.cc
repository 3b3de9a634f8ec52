#include "protocol/server/acceptor.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/logging.h"

namespace polylog::server {

using base::Result;
using io::Task;

namespace {

const base::Logger kLogger("clients");

constexpr base::Duration kWatchInterval = std::chrono::seconds(1);
// After a failed accept (no file descriptors left) the next attempt waits: connections must close
// first.
constexpr base::Duration kAcceptPause = std::chrono::milliseconds(100);
constexpr base::Duration kDrainInterval = std::chrono::milliseconds(20);

}  // namespace

Acceptor::Acceptor(io::Shard& shard, std::string_view protocol, Admission& admission,
                   Connect connect)
    : shard_(shard), protocol_(protocol), admission_(admission), connect_(std::move(connect)) {}

Task<Result<void>> Acceptor::listen(io::Endpoint endpoint) {
    CO_TRY(listener_, co_await shard_.env().network.listen(std::move(endpoint)));
    scope_.spawn(accept_loop());
    scope_.spawn(watch_loop());
    co_return {};
}

// Connections are admitted one after another; those behind wait in the kernel's bounded queue.
Task<void> Acceptor::accept_loop() {
    for (;;) {
        auto stream = co_await listener_->accept();
        if (!stream) {
            if (stream.error() == base::ErrorCode::closed) co_return;
            kLogger.error("accept_failed", "a connection could not be accepted",
                          {{"proto", protocol_}, {"err", stream.error()}});
            co_await io::sleep_for(kAcceptPause);
            continue;
        }
        const auto refusal = co_await admission_.admit((*stream)->peer().host);
        if (refusal) {
            refuse(**stream, *refusal);
        } else {
            scope_.spawn(serve(std::move(*stream)));
        }
    }
}

void Acceptor::refuse(const io::Stream& stream, Refusal refusal) {
    ++counts_.refused[static_cast<size_t>(refusal)];
    kLogger.warn("connection_refused", "closing a new connection beyond a limit",
                 {{"proto", protocol_},
                  {"peer", stream.peer().host},
                  {"limit", to_string(refusal)},
                  {"open", counts_.open}});
}

Task<void> Acceptor::serve(std::unique_ptr<io::Stream> stream) {
    const std::string host = stream->peer().host;
    if (draining_) {  // admitted while the listener closed
        admission_.release(host);
        co_return;
    }
    ++counts_.accepted;
    ++counts_.open;
    {
        const std::unique_ptr<Connection> connection = connect_(std::move(stream));
        Link link(*connection);
        connections_.push_back(link);
        accepted_.notify_all();
        co_await connection->run();
    }
    --counts_.open;
    admission_.release(host);
    closed_.notify_all();
}

Task<void> Acceptor::watch_loop() {
    for (;;) {
        // Nothing to watch costs nothing: an idle broker does not wake up.
        while (connections_.empty()) co_await accepted_.wait();
        co_await io::sleep_for(kWatchInterval);
        const base::MonoTime now = shard_.now();
        for (Link& link : connections_) {
            const auto overdue = link.connection.activity().overdue(now);
            if (!overdue || link.overdue) continue;
            link.overdue = true;
            ++counts_.overdue[static_cast<size_t>(*overdue)];
            kLogger.info("connection_overdue", "closing a connection",
                         {{"proto", protocol_},
                          {"peer", io::to_string(link.connection.peer())},
                          {"reason", to_string(*overdue)}});
            link.connection.close();
        }
    }
}

Task<void> Acceptor::drain(base::MonoTime deadline) {
    draining_ = true;
    listener_->close();
    for (Link& link : connections_) link.connection.finish();
    while (!connections_.empty() && shard_.now() < deadline) {
        for (Link& link : connections_) {
            if (link.connection.activity().quiet()) link.connection.close();
        }
        const base::MonoTime next = std::min(deadline, shard_.now() + kDrainInterval);
        co_await closed_.wait_until(next);
    }
    cut_off();
}

// Requests may wait for much longer than a drain, so their tasks are not waited for.
void Acceptor::cut_off() {
    std::vector<std::string> hosts;
    for (const Link& link : connections_) hosts.push_back(link.connection.peer().host);
    scope_.destroy_all();
    for (std::string& host : hosts) admission_.release(std::move(host));
    counts_.open = 0;
}

}  // namespace polylog::server

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/metrics.h"
#include "broker/broker.h"
#include "io/shard.h"
#include "protocol/aws/dispatcher.h"
#include "protocol/aws/handlers/message_handlers.h"
#include "protocol/aws/handlers/queue_handlers.h"
#include "protocol/aws/identity.h"
#include "protocol/http/server.h"
#include "protocol/server/admission.h"

namespace polylog::aws {

// Secrets by their access key.
using AccessKeys = std::map<std::string, base::Secret, std::less<>>;

// What all shards that serve these clients have in common.
struct FrontEndOptions {
    Realm realm;
    std::optional<AccessKeys> access_keys;  // who may ask; nothing: everybody
    base::Secret receipt_key;               // of ReceiptHandles
    Dispatcher::Settings dispatcher;
};

// All that one shard needs to answer clients of SQS: handlers, and an HTTP server for each address
// that is listened on. Lives on that shard; broker, admission and limits outlive it.
class FrontEnd {
public:
    FrontEnd(io::Shard& shard, broker::Broker& broker, server::Admission& admission,
             const base::Limits& limits, FrontEndOptions options);

    io::Shard& shard() { return shard_; }
    // Returns where: port 0 becomes the one that was free. Errors: those of http::Server::listen.
    io::Task<base::Result<io::Endpoint>> listen(io::Endpoint bind);
    // Answers those who wait for messages, then drains the servers.
    io::Task<void> drain(base::MonoTime deadline);

    struct Collected {
        base::MetricsSnapshot requests;
        std::vector<http::Server::Counts> connections;  // by server
    };
    Collected collect();

private:
    io::Shard& shard_;
    server::Admission& admission_;
    const base::Limits& limits_;
    const size_t body_max_bytes_;
    Authentication authentication_;
    QueueHandlers queue_handlers_;
    MessageHandlers message_handlers_;
    Dispatcher dispatcher_;
    http::Router router_;
    std::vector<std::unique_ptr<http::Server>> servers_;
};

}  // namespace polylog::aws

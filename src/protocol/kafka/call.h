#pragma once

#include <optional>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "base/slice.h"
#include "base/time.h"
#include "broker/broker.h"
#include "io/network.h"
#include "model/compression.h"
#include "protocol/kafka/frame.h"
#include "protocol/kafka/output.h"
#include "protocol/kafka/producer_ids.h"

namespace polylog::kafka {

class RequestMetrics;

// What all connections of one shard share. Lives on that shard.
struct Service {
    broker::Broker& broker;
    ProducerIds& producer_ids;
    model::Decompressor& decompressor;
    const base::Limits& limits;
    RequestMetrics& metrics;
    // Where clients are told to connect; nothing = the address they came in by.
    std::optional<io::Endpoint> advertised;
};

// One connection, as its requests see it.
struct Client {
    Service& service;
    const io::Endpoint& peer;
    const io::Endpoint& local;
    bool produces = false;        // has sent records; set by its requests
    base::MonoTime paused_until;  // nothing is read before (KIP-219); set by its requests

    io::Endpoint advertised() const { return service.advertised.value_or(local); }
};

// One request, taken apart up to its message. Owns its frame, so that the views a decoded request
// consists of live as long as the call.
// coroutine-safe: the connection keeps it until its handler is done.
struct Call {
    base::Slice frame;
    RequestFrame request;

    int16_t version() const { return request.header.request_api_version; }
    std::string_view client_id() const {
        return request.header.client_id.value_or(std::string_view());
    }
};

// A response as a whole frame; nothing when the request wants none.
using Reply = std::optional<Output>;

// Decodes the message, runs the handler, encodes its answer. A request that does not decode is an
// error: the connection cannot go on. `handle` is a coroutine (Client&, const Call&, Request) ->
// Task<Response>; the client and the call outlive it.
template <class Request, auto handle>
io::Task<base::Result<Reply>> serve(Client& client, const Call& call) {
    CO_TRY(auto decoded, decode<Request>(call.request.body, call.version()));
    const auto response = co_await handle(client, call, std::move(decoded.message));
    CO_TRY(Output output,
           encode_response(call.request.header.correlation_id, call.version(), response));
    co_return Reply(std::move(output));
}

}  // namespace polylog::kafka

#include "io/pace.h"
#include "io/signal.h"
#include "protocol/kafka/handlers/cluster.h"
#include "protocol/kafka/handlers/mentions.h"

namespace polylog::kafka {

using io::Task;

namespace {

// Who coordinates, or why nobody does. Only groups have coordinators here.
Task<base::Result<void>> check_coordinator(Client& client, CoordinatorType type) {
    if (type == CoordinatorType::group) co_return co_await client.service.broker.groups().ready();
    co_return base::fail(base::ErrorCode::unsupported, type == CoordinatorType::transaction
                                                           ? "transactions are not served"
                                                           : "share groups are not served");
}

}  // namespace

Task<FindCoordinatorResponse> find_coordinator(Client& client, const Call& call,
                                               FindCoordinatorRequest request) {
    const io::Endpoint endpoint = client.advertised();
    const int32_t node = client.service.broker.node().value;
    const Subject subject = request.key_type == CoordinatorType::group ? Subject::group
                                                                       : Subject::transactional_id;
    const auto ready = co_await check_coordinator(client, request.key_type);

    FindCoordinatorResponse::Coordinator found;
    if (ready) {
        found.node_id = node;
        found.host = endpoint.host;
        found.port = endpoint.port;
    } else {
        found.node_id = -1;
        found.port = -1;
        found.error_code = to_api_error(ready.error().code(), subject);
        found.error_message = std::string(ready.error().detail());
    }
    FindCoordinatorResponse response;
    if (call.version() < 4) {
        response.node_id = found.node_id;
        response.host = found.host;
        response.port = found.port;
        response.error_code = found.error_code;
        response.error_message = found.error_message;
        co_return response;
    }
    Mentioned<std::string_view> mentioned;
    io::Pace pace;
    for (const std::string_view key : request.coordinator_keys) {
        if (pace.due()) co_await io::end_of_turn();
        if (!mentioned.first(key)) continue;
        found.key = key;
        response.coordinators.push_back(found);
    }
    co_return response;
}

// An idempotent producer gets a fresh id each time; its epoch only ever rises for transactions.
Task<InitProducerIdResponse> init_producer_id(Client& client, const Call&,
                                              InitProducerIdRequest request) {
    InitProducerIdResponse response;
    if (request.transactional_id) {
        response.error_code = to_api_error(base::ErrorCode::unsupported, Subject::transactional_id);
        co_return response;
    }
    const auto id = co_await client.service.producer_ids.next();
    if (!id) {
        response.error_code = to_api_error(id.error().code(), Subject::cluster);
        co_return response;
    }
    response.producer_id = id->value;
    response.producer_epoch = 0;
    co_return response;
}

}  // namespace polylog::kafka

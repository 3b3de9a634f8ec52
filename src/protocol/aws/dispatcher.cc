#include "protocol/aws/dispatcher.h"

#include <fmt/format.h>

#include "base/uuid.h"
#include "io/shard.h"
#include "protocol/aws/answers.h"

namespace polylog::aws {

using io::Task;

void Dispatcher::add_routes(http::Router& router) {
    router.add_rest([this](http::Request request) { return handle(std::move(request)); },
                    settings_.body_max_bytes);
}

Task<http::Response> Dispatcher::handle(http::Request request) {
    Call call{.body_max_bytes = settings_.body_max_bytes};
    call.route = find_route(request);
    call.context = context_of(request);
    call.request = std::move(request);
    Answer<std::string> body = std::string();
    if (auto prepared = prepare(call); !prepared) {
        body = base::fail(std::move(prepared).error());
    } else {
        const Operation& operation = *call.route.operation;
        body = co_await actions_.find({operation.service, operation.name})->second(call);
    }
    const Route& route = call.route;
    if (body) co_return done(route.form, *std::move(body), call.context.request_id);
    co_return refused(body.error(), route.service, route.form, call.context.request_id);
}

Answer<void> Dispatcher::prepare(Call& call) {
    if (call.route.refused) return base::fail(*call.route.refused);
    const Operation& operation = *call.route.operation;
    const base::WallTime now = io::Shard::current().env().clock.wall();
    TRY(call.context.identity, authentication_.identify(call.request, operation, now));
    if (actions_.contains({operation.service, operation.name})) return {};
    return refuse(FaultKind::not_implemented,
                  fmt::format("The action {} is not offered by this broker.", operation.name));
}

Context Dispatcher::context_of(const http::Request& request) const {
    io::Random& random = io::Shard::current().env().random;
    const uint64_t high = random.next(), low = random.next();
    std::string origin = settings_.origin.value_or(
        fmt::format("http://{}", request.header("Host").value_or("localhost")));
    return {.realm = authentication_.realm(),
            .request_id = base::Uuid::from_random(high, low).to_hex(),
            .origin = std::move(origin),
            .trace_header = std::string(request.header("X-Amzn-Trace-Id").value_or(""))};
}

}  // namespace polylog::aws

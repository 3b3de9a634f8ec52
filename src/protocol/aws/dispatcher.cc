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
    take_forwarded_host(request);
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

void Dispatcher::take_forwarded_host(http::Request& request) const {
    const auto forwarded = request.header("X-Forwarded-Host");
    if (!settings_.trust_forwarded || !forwarded) return;
    for (auto& [name, value] : request.headers) {
        if (http::equal_ignoring_case(name, "Host")) value = *forwarded;
    }
}

std::string Dispatcher::origin_of(const http::Request& request) const {
    if (settings_.origin) return *settings_.origin;
    const bool https = settings_.trust_forwarded && request.header("X-Forwarded-Proto") == "https";
    return fmt::format("{}://{}", https ? "https" : "http",
                       request.header("Host").value_or("localhost"));
}

Context Dispatcher::context_of(const http::Request& request) const {
    io::Random& random = io::Shard::current().env().random;
    const uint64_t high = random.next(), low = random.next();
    return {.realm = authentication_.realm(),
            .request_id = base::Uuid::from_random(high, low).to_hex(),
            .origin = origin_of(request),
            .trace_header = std::string(request.header("X-Amzn-Trace-Id").value_or(""))};
}

}  // namespace polylog::aws

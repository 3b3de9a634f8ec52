#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/units.h"
#include "io/task.h"
#include "protocol/aws/codec.h"
#include "protocol/aws/identity.h"
#include "protocol/aws/routing.h"
#include "protocol/http/router.h"

namespace polylog::aws {

// What a handler knows of the request besides its input. Lives as long as the request is handled.
struct Context {
    Identity identity;
    Realm realm;
    std::string request_id;
    std::string origin;        // "http://localhost:9324": where this client reaches us
    std::string trace_header;  // X-Amzn-Trace-Id, or empty
};

// Does one operation. A plain callable, not itself a coroutine:
//     dispatcher.on<sqs::DeleteQueue>([this](Context& context, sqs::DeleteQueue::Input input) {
//         return delete_queue(context, std::move(input));
//     });
template <class Op>
using Handler = std::function<io::Task<Answer<typename Op::Output>>(Context& context,
                                                                    typename Op::Input)>;

// Turns HTTP requests into operations and their results into answers. One per shard that listens;
// filled before it serves.
class Dispatcher {
public:
    struct Settings {
        // How clients reach us, when the Host header that we get does not say.
        std::optional<std::string> origin = std::nullopt;
        // Whether X-Forwarded-Host and X-Forwarded-Proto say what the client wrote, and signed.
        // Only behind a proxy that sets them: anybody can send them.
        bool trust_forwarded = false;
        // A batch of 1 MiB of text beyond ASCII has three bytes for each of its own in a form.
        size_t body_max_bytes = base::operator""_MiB(4);
    };

    // The authentication outlives it.
    Dispatcher(Authentication& authentication, Settings settings)
        : authentication_(authentication), settings_(std::move(settings)) {}
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    // One handler per operation; an operation without one is refused as not implemented.
    template <class Op>
    void on(Handler<Op> handler) {
        actions_[{Op::operation.service, Op::operation.name}] =
            [handler = std::move(handler)](Call& call) { return run<Op>(handler, call); };
    }
    // The router answers everything by this dispatcher, which outlives it.
    void add_routes(http::Router& router);
    // Answers one request, always.
    io::Task<http::Response> handle(http::Request request);

private:
    // One request on its way.
    struct Call {
        http::Request request;
        Route route;
        Context context;
        size_t body_max_bytes = 0;
    };
    using Action = std::function<io::Task<Answer<std::string>>(Call& call)>;

    // The body of the answer.
    template <class Op>
    static io::Task<Answer<std::string>> run(const Handler<Op>& handler, Call& call);
    template <class Op>
    static Answer<typename Op::Input> read_input(const Call& call);

    Answer<void> prepare(Call& call);
    void take_forwarded_host(http::Request& request) const;
    std::string origin_of(const http::Request& request) const;
    Context context_of(const http::Request& request) const;

    Authentication& authentication_;
    const Settings settings_;
    std::map<std::pair<Service, std::string_view>, Action> actions_;
};

template <class Op>
Answer<typename Op::Input> Dispatcher::read_input(const Call& call) {
    const Route& route = call.route;
    if (route.form != AnswerForm::json) {
        return Codec<Op>::from_query(route.parameters, route.queue_url);
    }
    return Codec<Op>::from_json(call.request.body, call.body_max_bytes, route.queue_url);
}

// coroutine-safe: the handler is the dispatcher's, which outlives every task
template <class Op>
io::Task<Answer<std::string>> Dispatcher::run(const Handler<Op>& handler, Call& call) {
    CO_TRY(typename Op::Input input, read_input<Op>(call));
    CO_TRY(const typename Op::Output output, co_await handler(call.context, std::move(input)));
    switch (call.route.form) {
    case AnswerForm::json: co_return Codec<Op>::to_json(output);
    case AnswerForm::xml: co_return Codec<Op>::to_xml(output, call.context.request_id);
    case AnswerForm::query_json:
        co_return Codec<Op>::to_query_json(output, call.context.request_id);
    }
    co_return refuse(FaultKind::internal_failure);
}

}  // namespace polylog::aws

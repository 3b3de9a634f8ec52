#include "protocol/http/router.h"

#include <fmt/format.h>

namespace polylog::http {

namespace {

Response method_not_allowed(std::string allowed) {
    Response response = text_response(405, "this path does not answer that method\n");
    response.headers.emplace_back("Allow", std::move(allowed));
    return response;
}

}  // namespace

void Router::add(std::string_view method, std::string_view path, Handler handler,
                 std::optional<size_t> body_max_bytes) {
    routes_[std::string(path)].insert_or_assign(std::string(method),
                                                Route{std::move(handler), body_max_bytes});
}

void Router::add_rest(Handler handler, std::optional<size_t> body_max_bytes) {
    rest_ = Route{std::move(handler), body_max_bytes};
}

const Router::Route* Router::find(const Request& request) const {
    const auto path = routes_.find(request.path);
    if (path == routes_.end()) return rest_ ? &*rest_ : nullptr;
    const Methods& methods = path->second;
    auto route = methods.find(request.method);
    if (route == methods.end() && request.method == "HEAD") route = methods.find("GET");
    return route == methods.end() ? nullptr : &route->second;
}

io::Task<Response> Router::handle(Request request) const {
    if (const Route* route = find(request)) return route->handler(std::move(request));
    const auto path = routes_.find(request.path);
    if (path == routes_.end()) return io::ready(text_response(404, "nothing is here\n"));
    std::string allowed;
    for (const auto& [method, each] : path->second) {
        allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", method);
    }
    return io::ready(method_not_allowed(std::move(allowed)));
}

std::optional<size_t> Router::body_max_bytes(const Request& head) const {
    const Route* route = find(head);
    return route ? route->body_max_bytes : std::nullopt;
}

}  // namespace polylog::http

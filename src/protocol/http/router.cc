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

void Router::add(std::string_view method, std::string_view path, Handler handler) {
    routes_[std::string(path)].insert_or_assign(std::string(method), std::move(handler));
}

io::Task<Response> Router::handle(Request request) const {
    const auto route = routes_.find(request.path);
    if (route == routes_.end()) return io::ready(text_response(404, "nothing is here\n"));
    const Methods& methods = route->second;
    auto handler = methods.find(request.method);
    if (handler == methods.end() && request.method == "HEAD") handler = methods.find("GET");
    if (handler != methods.end()) return handler->second(std::move(request));
    std::string allowed;
    for (const auto& [method, each] : methods) {
        allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", method);
    }
    return io::ready(method_not_allowed(std::move(allowed)));
}

}  // namespace polylog::http

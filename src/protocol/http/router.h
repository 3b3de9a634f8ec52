#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "io/task.h"
#include "protocol/http/message.h"

namespace polylog::http {

// Answers one request. A plain callable, not itself a coroutine; the task owns what it needs.
using Handler = std::function<io::Task<Response>(Request request)>;

// Which handler answers which path and method. Filled before the server starts; lives as long.
class Router {
public:
    // `path` is exact. GET also answers HEAD, whose body the server leaves out. Without a limit of
    // its own the route takes bodies as large as its server does.
    void add(std::string_view method, std::string_view path, Handler handler,
             std::optional<size_t> body_max_bytes = std::nullopt);
    // Answers every method of every path that no other route has.
    void add_rest(Handler handler, std::optional<size_t> body_max_bytes = std::nullopt);

    // 404 for a path nobody answers, 405 with Allow for a method (RFC 9110, 15.5.6).
    io::Task<Response> handle(Request request) const;
    // Of the request's body, of which only the head need have come; nothing: as the server says.
    std::optional<size_t> body_max_bytes(const Request& head) const;

private:
    struct Route {
        Handler handler;
        std::optional<size_t> body_max_bytes;
    };
    using Methods = std::map<std::string, Route, std::less<>>;
    // The route of a path and method, or null.
    const Route* find(const Request& request) const;

    std::map<std::string, Methods, std::less<>> routes_;  // by path
    std::optional<Route> rest_;
};

}  // namespace polylog::http

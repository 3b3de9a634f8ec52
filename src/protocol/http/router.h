#pragma once

#include <functional>
#include <map>
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
    // `path` is exact. GET also answers HEAD, whose body the server leaves out.
    void add(std::string_view method, std::string_view path, Handler handler);

    // 404 for a path nobody answers, 405 with Allow for a method (RFC 9110, 15.5.6).
    io::Task<Response> handle(Request request) const;

private:
    using Methods = std::map<std::string, Handler, std::less<>>;

    std::map<std::string, Methods, std::less<>> routes_;  // by path
};

}  // namespace polylog::http

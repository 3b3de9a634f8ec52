#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/slice.h"

namespace polylog::http {

// One request as it came (RFC 9110, 9112), its body decoded from chunks. Owns what its views show;
// moving it keeps them valid.
struct Request {
    std::string_view method;  // "GET": case matters
    std::string_view target;  // as sent, origin form: "/metrics?format=text"
    std::string_view path;    // of the target, not percent-decoded
    std::string_view query;   // of the target, without '?'
    std::vector<std::pair<std::string_view, std::string_view>> headers;  // in order, as sent
    std::string body;
    bool keep_alive = true;         // the client will take another answer on this connection
    bool expects_continue = false;  // it waits for 100 before it sends the body
    base::Slice head;               // the bytes of the views

    // The first value of a header, whatever its letter case.
    std::optional<std::string_view> header(std::string_view name) const;
    // The first value of a query parameter, percent-decoded; a parameter without '=' is empty.
    std::optional<std::string> parameter(std::string_view name) const;
};

// An answer as handlers give it; the server adds length, date and connection.
struct Response {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers = {};  // besides those of the server
    std::string body = {};
    bool close = false;  // the connection ends with this answer
};

// "text/plain" with that status.
Response text_response(int status, std::string text);

// "Not Found" for 404 (RFC 9110, section 15); empty for a status without one.
std::string_view reason_phrase(int status);
// For names and tokens, which are ASCII.
bool equal_ignoring_case(std::string_view a, std::string_view b);
// '%41' and '+' (as forms encode a space) turned back; broken escapes stay as they are.
std::string percent_decode(std::string_view text);

}  // namespace polylog::http

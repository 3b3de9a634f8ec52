#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/http/message.h"

namespace polylog::http {

// Bounds of one request; beyond them it is answered with 431 or 413.
struct RequestLimits {
    size_t head_max_bytes = 0;  // request line and headers; also trailers
    uint32_t headers_max = 0;
    size_t body_max_bytes = 0;
    // Where the limit of the body depends on the request, of which only the head has come.
    std::function<size_t(const Request& head)> body_max_bytes_of = {};
};

// Cuts one connection's bytes into requests (RFC 9112), whatever the bytes are. What RFC 9112
// leaves to recipients is refused, because two programs that read it differently can be played
// against each other: bare line feeds, folded headers, white space before the colon, repeated
// lengths, a length beside chunks. Never holds more than its limits and what one call brought.
class RequestParser {
public:
    explicit RequestParser(RequestLimits limits) : limits_(std::move(limits)) {}

    // Takes bytes off the front of `bytes` until a request is complete or they are used up; returns
    // how many it took. Takes nothing once complete() or failed_status() tells of an outcome.
    size_t consume(std::string_view bytes);

    // A request is there to be taken.
    bool complete() const { return state_ == State::complete; }
    Request take();
    // The status to answer before closing when the bytes are beyond repair; 0 = none.
    int failed_status() const { return failed_status_; }
    // Some of a request has come, but not all of it.
    bool inside_request() const { return !head_.empty() || state_ != State::head; }
    // The head is there and the client waits to be told to go on. Answers true once a request.
    bool wants_continue();

private:
    enum class State : uint8_t {
        head,
        sized_body,
        chunk_size,
        chunk_data,
        chunk_end,
        trailers,
        complete,
    };

    size_t consume_head(std::string_view bytes);
    size_t consume_body(std::string_view bytes);
    size_t consume_line(std::string_view bytes);
    void parse_head();
    bool parse_request_line(std::string_view line);
    bool parse_target();
    bool parse_header(std::string_view line);
    void decide_framing();
    void begin_body(uint64_t size_bytes);
    void end_line();
    void begin_chunk();
    void fail(int status) { failed_status_ = status; }

    const RequestLimits limits_;
    State state_ = State::head;
    int failed_status_ = 0;
    std::string head_;  // as far as it has come
    std::string line_;  // of chunks and trailers, likewise
    size_t trailer_bytes_ = 0;
    size_t body_max_bytes_ = 0;  // of this request
    uint64_t body_left_ = 0;     // of the body, or of the chunk
    bool continue_due_ = false;
    Request request_;
};

}  // namespace polylog::http

#include "protocol/http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <optional>

namespace polylog::http {

using base::Bytes;
using base::Result;
using io::Task;

namespace {

// Of one read; the larger while a large body arrives.
constexpr size_t kReadBytes = 16 * 1024;
constexpr size_t kReadBytesMax = 64 * 1024;
// Answers are sent when so much has gathered, even if more requests are waiting.
constexpr size_t kSendBytes = 64 * 1024;
// What is read while a request is handled: enough to notice the end behind a few requests.
constexpr size_t kReadAheadBytes = 64 * 1024;
// How long a client that sent nonsense may still send before it is cut off.
constexpr base::Duration kLingerTime = std::chrono::milliseconds(500);

// RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(base::WallTime time) {
    const std::time_t
        seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[40];
    return std::string(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
}

}  // namespace

Connection::Connection(const Router& router, const base::Limits& limits, size_t body_max_bytes,
                       std::unique_ptr<io::Stream> stream)
    : server::Connection(limits, std::move(stream)),
      router_(router),
      parser_({.head_max_bytes = limits.header_section_max_bytes,
               .headers_max = limits.headers_max,
               .body_max_bytes_of = [&router, body_max_bytes](const Request& head) {
                   return router.body_max_bytes(head).value_or(body_max_bytes);
               }}) {}

Task<void> Connection::run() {
    for (;;) {
        activity_.resume_reading(io::Shard::current().now());
        if (!co_await receive()) break;
        activity_.pause_reading(io::Shard::current().now());
        activity_.begin_request();
        const auto answered = co_await answer_received();
        activity_.end_request();
        if (!answered || closing_) break;
    }
    if (parser_.failed_status() != 0) co_await discard_rest();
    stream_->close();
}

Task<Result<void>> Connection::receive() {
    CO_TRY_VOID(co_await stream_->readable());
    CO_TRY_VOID(read_once());
    co_return {};
}

Result<void> Connection::read_once() {
    const size_t before = received_.size();
    received_.resize(before + std::clamp(request_bytes_, kReadBytes, kReadBytesMax));
    const auto room = std::as_writable_bytes(std::span(received_).subspan(before));
    const auto read = stream_->read_some(room);
    received_.resize(before + read.value_or(0));
    if (!read) return base::fail(read.error());
    request_bytes_ += *read;
    return {};
}

Task<Result<void>> Connection::answer_received() {
    size_t used = 0;
    bool completed = false;
    while (used < received_.size() && !closing_) {
        used += parser_.consume(std::string_view(received_).substr(used));
        if (parser_.failed_status() != 0) {
            const int status = parser_.failed_status();
            append(text_response(status, fmt::format("{}\n", reason_phrase(status))), false, false);
            break;
        }
        if (!parser_.complete()) break;
        completed = true;
        Request request = parser_.take();
        const bool keep_alive = request.keep_alive;
        const bool head_only = request.method == "HEAD";
        CO_TRY(const Response response, co_await attend(std::move(request)));
        append(response, head_only, keep_alive && !closing_);
        if (unsent_.size() >= kSendBytes) CO_TRY_VOID(co_await send());
    }
    received_.erase(0, used);
    if (received_.empty()) received_.shrink_to_fit();
    note_received(completed);
    if (parser_.wants_continue()) unsent_ += "HTTP/1.1 100 Continue\r\n\r\n";
    co_return co_await send();
}

// Handlers that answer at once, which most do, cost no more than their call.
Task<Result<Response>> Connection::attend(Request request) {
    Attendance attendance;
    attendance.scope.spawn(answer(std::move(request), attendance));
    if (!attendance.response) {
        attendance.scope.spawn(read_ahead(attendance));
        // The answers before this one are not kept waiting for it.
        if (!unsent_.empty()) CO_TRY_VOID(co_await send());
    }
    while (!attendance.response && !attendance.client_gone) co_await attendance.changed.wait();
    if (!attendance.response) co_return base::fail(base::ErrorCode::closed);
    co_return std::move(*attendance.response);
}

Task<void> Connection::answer(Request request, Attendance& attendance) {
    attendance.response = co_await router_.handle(std::move(request));
    attendance.changed.notify_all();
}

// Reading is the only way to learn that a client has gone. What it sends meanwhile waits, within
// bounds, for its turn.
Task<void> Connection::read_ahead(Attendance& attendance) {
    while (received_.size() < kReadAheadBytes) {
        if (co_await receive()) continue;
        attendance.client_gone = true;
        attendance.changed.notify_all();
        co_return;
    }
}

void Connection::note_received(bool completed) {
    std::optional<size_t> open_bytes;
    if (parser_.inside_request()) open_bytes = completed ? 0 : request_bytes_;
    activity_.received(io::Shard::current().now(), completed, open_bytes);
    request_bytes_ = open_bytes.value_or(0);
}

void Connection::append(const Response& response, bool head_only, bool keep_alive) {
    if (response.close || !keep_alive) closing_ = true;
    auto out = std::back_inserter(unsent_);
    fmt::format_to(out, "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Length: {}\r\n", response.status,
                   reason_phrase(response.status),
                   http_date(io::Shard::current().env().clock.wall()), response.body.size());
    for (const auto& [name, value] : response.headers) {
        fmt::format_to(out, "{}: {}\r\n", name, value);
    }
    unsent_ += closing_ ? "Connection: close\r\n\r\n" : "\r\n";
    if (!head_only) unsent_ += response.body;
}

Task<Result<void>> Connection::send() {
    activity_.owe(io::Shard::current().now(), unsent_.size());
    size_t sent = 0;
    while (sent < unsent_.size()) {
        const Bytes rest = base::as_bytes(unsent_).subspan(sent);
        CO_TRY(const size_t written, stream_->write_some(std::span(&rest, 1)));
        if (written > 0) {
            sent += written;
            activity_.sent(io::Shard::current().now(), written);
        } else {
            CO_TRY_VOID(co_await stream_->writable());
        }
    }
    unsent_.clear();
    if (unsent_.capacity() > kReadBytes) unsent_.shrink_to_fit();
    co_return {};
}

// Closing while bytes of the client are unread resets the connection, which may cost the client the
// answer that tells it what was wrong (RFC 9112, 9.6). So they are read for a moment.
Task<void> Connection::discard_rest() {
    linger_timer_.arm(io::Shard::current().now() + kLingerTime, [this] { stream_->close(); });
    received_.resize(kReadBytes);
    while (co_await stream_->readable()) {
        if (!stream_->read_some(std::as_writable_bytes(std::span(received_)))) break;
    }
}

}  // namespace polylog::http

#include "client/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "client/deadline.h"

namespace polylog::client {

using base::ErrorCode;
using base::Result;
using io::Task;

Task<Result<std::unique_ptr<Connection>>> Connection::open(io::Env& env, io::Endpoint endpoint,
                                                           ConnectionSettings settings) {
    const base::MonoTime deadline = env.clock.now() + settings.connect_timeout;
    CO_TRY(auto stream, co_await before(deadline, env.network.connect(std::move(endpoint))));
    std::unique_ptr<Connection> connection(
        new Connection(env, std::move(stream), std::move(settings)));
    CO_TRY_VOID(co_await before(deadline, connection->negotiate()));
    co_return connection;
}

Connection::Connection(io::Env& env, std::unique_ptr<io::Stream> stream,
                       ConnectionSettings settings)
    : env_(env), stream_(std::move(stream)), settings_(std::move(settings)), reader_(limits_) {
    limits_.frame_max_bytes = settings_.response_max_bytes;
    scope_.spawn(read_loop());
    scope_.spawn(write_loop());
}

Connection::~Connection() {
    close();
}

void Connection::close() {
    fail(ErrorCode::closed);
}

// KIP-511: a broker that does not know the version asked for answers in version 0, with an error
// and its ranges, so the second question is put in version 0.
Task<Result<void>> Connection::negotiate() {
    const auto& api = kafka::ApiVersionsRequest::api;
    versions_[api.key] = {api.min, api.max};
    kafka::ApiVersionsRequest request;
    request.client_software_name = "polylog";
    request.client_software_version = settings_.software_version;
    auto response = co_await call(request);
    if (is_open() && (!response || response->error_code == kafka::ApiError::unsupported_version)) {
        response = co_await call(request, {.max_version = 0});
    }
    if (!response) co_return base::fail(std::move(response).error());
    if (response->error_code != kafka::ApiError::none) {
        co_return base::fail(ErrorCode::unsupported_version,
                             "the broker refuses to name its versions");
    }
    learn(*response);
    co_return Result<void>();
}

void Connection::learn(const kafka::ApiVersionsResponse& response) {
    versions_.clear();
    for (const auto& range : response.api_keys) {
        versions_[range.api_key] = {range.min_version, range.max_version};
    }
}

Result<int16_t> Connection::version_of(const kafka::Api& api, const CallSettings& settings) const {
    const auto known = versions_.find(api.key);
    if (known == versions_.end()) {
        return base::fail(ErrorCode::unsupported_version,
                          fmt::format("the broker does not offer {}", api.name));
    }
    const int16_t lowest = std::max({api.min, known->second.min, settings.min_version});
    const int16_t highest = std::min({api.max, known->second.max, settings.max_version});
    if (lowest > highest) {
        return base::fail(ErrorCode::unsupported_version,
                          fmt::format("the broker speaks {} in versions {} to {}, not {} to {}",
                                      api.name, known->second.min, known->second.max,
                                      std::max(api.min, settings.min_version),
                                      std::min(api.max, settings.max_version)));
    }
    return highest;
}

kafka::RequestHeader Connection::header(int16_t version, int32_t correlation_id) const {
    kafka::RequestHeader header;
    header.request_api_version = version;
    header.correlation_id = correlation_id;
    header.client_id = settings_.client_id;
    return header;
}

base::Error Connection::out_of_step(int32_t got, int32_t wanted) {
    base::Error error(ErrorCode::invalid_request,
                      fmt::format("the broker answered request {} instead of {}", got, wanted));
    fail(error);
    return error;
}

Task<Result<void>> Connection::room() {
    while (!failure_ && pending_.size() >= settings_.requests_in_flight_max)
        co_await answered_.wait();
    if (failure_) co_return base::fail(*failure_);
    co_return Result<void>();
}

Task<Result<void>> Connection::written() {
    while (!failure_ && !outgoing_.empty()) co_await outgoing_changed_.wait();
    if (failure_) co_return base::fail(*failure_);
    co_return Result<void>();
}

Task<Result<base::Slice>> Connection::exchange(int32_t correlation_id, kafka::Output frame,
                                               base::Duration timeout) {
    auto pending = std::make_shared<Pending>();
    pending->correlation_id = correlation_id;
    pending->timeout.arm(env_.clock.now() + timeout, [this] {
        fail(base::Error(ErrorCode::timed_out,
                         fmt::format("no answer from {}", io::to_string(stream_->peer()))));
    });
    pending_.push_back(pending);
    enqueue(std::move(frame));
    co_return co_await pending->answer;
}

void Connection::enqueue(kafka::Output frame) {
    for (base::Slice& piece : frame.take()) outgoing_.push_back(std::move(piece));
    outgoing_changed_.notify_all();
}

Task<void> Connection::write_loop() {
    while (!failure_) {
        if (outgoing_.empty()) {
            co_await outgoing_changed_.wait();
            continue;
        }
        const Result<size_t> size_bytes = write_once();
        Result<void> ready;
        if (size_bytes && *size_bytes == 0) ready = co_await stream_->writable();
        if (!size_bytes) fail(size_bytes.error());
        if (!ready) fail(ready.error());
    }
}

Result<size_t> Connection::write_once() {
    constexpr size_t kPiecesMax = 64;
    std::array<base::Bytes, kPiecesMax> pieces;
    const size_t count = std::min(outgoing_.size(), kPiecesMax);
    for (size_t i = 0; i < count; ++i) pieces[i] = outgoing_[i].bytes();
    TRY(const size_t size_bytes, stream_->write_some(std::span(pieces).first(count)));
    size_t left = size_bytes;
    while (!outgoing_.empty() && left >= outgoing_.front().size()) {
        left -= outgoing_.front().size();
        outgoing_.pop_front();
    }
    if (left > 0) outgoing_.front() = outgoing_.front().part(left, outgoing_.front().size() - left);
    if (outgoing_.empty()) outgoing_changed_.notify_all();
    return size_bytes;
}

Task<void> Connection::read_loop() {
    std::vector<base::Slice> frames;
    while (!failure_) {
        Result<void> result = co_await stream_->readable();
        if (result) result = read_frames(frames);
        for (base::Slice& frame : frames) {
            if (result) result = deliver(std::move(frame));
        }
        frames.clear();
        if (!result) fail(result.error());
    }
}

// A size that no response has is another protocol's first bytes.
Result<void> Connection::read_frames(std::vector<base::Slice>& frames) {
    const Result<void> read = reader_.read(*stream_, slabs_, frames);
    if (read || (read.error() != ErrorCode::message_too_large &&
                 read.error() != ErrorCode::invalid_request)) {
        return read;
    }
    return base::fail(ErrorCode::corrupt, fmt::format("{} answers in another protocol than Kafka's",
                                                      io::to_string(stream_->peer())));
}

Result<void> Connection::deliver(base::Slice frame) {
    if (pending_.empty()) {
        return base::fail(ErrorCode::corrupt, "the broker answered what nobody asked");
    }
    const std::shared_ptr<Pending> pending = std::move(pending_.front());
    pending_.pop_front();
    pending->timeout.disarm();
    pending->answer.complete(std::move(frame));
    answered_.notify_all();
    return {};
}

void Connection::fail(base::Error error) {
    if (failure_) return;
    failure_ = std::move(error);
    stream_->close();
    outgoing_.clear();
    const auto unanswered = std::exchange(pending_, {});
    for (const auto& pending : unanswered) {
        pending->timeout.disarm();
        pending->answer.complete(base::fail(*failure_));
    }
    outgoing_changed_.notify_all();
    answered_.notify_all();
}

}  // namespace polylog::client

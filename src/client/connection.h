#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "io/env.h"
#include "io/scope.h"
#include "io/signal.h"
#include "protocol/kafka/frame.h"
#include "protocol/kafka/frame_reader.h"
#include "protocol/kafka/messages/api_versions.h"

namespace polylog::client {

// How a connection introduces itself, and its bounds.
struct ConnectionSettings {
    std::string client_id = "polylog";
    std::string software_version = "unknown";  // of the program, for the broker's own records
    base::Duration connect_timeout = std::chrono::seconds(10);
    // What a request may take from its last byte queued to its answer. A broker that lets one pass
    // is taken for dead: the connection ends, and with it every request behind that one.
    base::Duration request_timeout = std::chrono::seconds(30);
    // Sent and not answered; further callers wait. Below what a broker pauses a connection at.
    size_t requests_in_flight_max = 64;
    // A longer answer ends the connection. Twice the default largest fetch.
    size_t response_max_bytes = size_t{100} << 20;
};

// What one request asks of its connection.
struct CallSettings {
    // The versions that the caller can phrase its request in; the highest one that the broker and
    // this program's codec share is used.
    int16_t min_version = 0;
    int16_t max_version = std::numeric_limits<int16_t>::max();
    // On top of the connection's request time-out: what the request itself lets the broker wait.
    base::Duration patience{};
};

// One connection to a broker, on the shard that opened it. Requests are pipelined: any number of
// coroutines may call at once, answers come in the order of the requests and find their caller by
// the correlation id. After the first failure of the stream everything answers that failure.
// Outlives the calls made on it; dropping a call leaves the connection sound.
class Connection {
public:
    // Connects and agrees on versions. Errors: those of Network::connect, timed_out,
    // unsupported_version when the peer's answer is not one this program reads.
    static io::Task<base::Result<std::unique_ptr<Connection>>> open(io::Env& env,
                                                                    io::Endpoint endpoint,
                                                                    ConnectionSettings settings);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // The answer to one request; what the request's views point to lives until it returns.
    // Errors: unsupported_version (nothing was sent), timed_out and closed (the broker may have
    // acted), invalid_request when the answer cannot be read.
    template <class Request>
    io::Task<base::Result<typename Request::Response>> call(Request request,
                                                            CallSettings settings = {}) {
        using Response = typename Request::Response;
        CO_TRY(const int16_t version, version_of(Request::api, settings));
        CO_TRY_VOID(co_await room());
        const int32_t id = next_correlation_id_++;
        CO_TRY(kafka::Output frame, kafka::encode_request(header(version, id), request));
        CO_TRY(const base::Slice answer,
               co_await exchange(id, std::move(frame),
                                 settings.patience + settings_.request_timeout));
        CO_TRY(const kafka::ResponseFrame response,
               kafka::parse_response_frame(answer, Request::api, version));
        if (response.correlation_id != id)
            co_return base::fail(out_of_step(response.correlation_id, id));
        CO_TRY(auto decoded, kafka::decode<Response>(response.body, version));
        co_return std::move(decoded.message);
    }

    // For requests that have no answer (Produce with acks = 0): returns once the bytes are the
    // kernel's.
    template <class Request>
    io::Task<base::Result<void>> send(Request request, CallSettings settings = {}) {
        CO_TRY(const int16_t version, version_of(Request::api, settings));
        CO_TRY(kafka::Output frame,
               kafka::encode_request(header(version, next_correlation_id_++), request));
        enqueue(std::move(frame));
        co_return co_await written();
    }

    // The version a call would use. Errors: unsupported_version.
    base::Result<int16_t> version_of(const kafka::Api& api,
                                     const CallSettings& settings = {}) const;
    bool is_open() const { return !failure_; }
    const io::Endpoint& peer() const { return stream_->peer(); }
    // Every call under way answers `closed`.
    void close();

private:
    struct Pending {
        int32_t correlation_id = 0;
        io::Completion<base::Result<base::Slice>> answer;
        io::Timer timeout;
    };

    Connection(io::Env& env, std::unique_ptr<io::Stream> stream, ConnectionSettings settings);
    io::Task<base::Result<void>> negotiate();
    void learn(const kafka::ApiVersionsResponse& response);
    kafka::RequestHeader header(int16_t version, int32_t correlation_id) const;
    base::Error out_of_step(int32_t got, int32_t wanted);

    io::Task<base::Result<void>> room();
    io::Task<base::Result<void>> written();
    io::Task<base::Result<base::Slice>> exchange(int32_t correlation_id, kafka::Output frame,
                                                 base::Duration timeout);
    void enqueue(kafka::Output frame);
    io::Task<void> read_loop();
    io::Task<void> write_loop();
    base::Result<size_t> write_once();
    base::Result<void> read_frames(std::vector<base::Slice>& frames);
    base::Result<void> deliver(base::Slice frame);
    void fail(base::Error error);

    io::Env& env_;
    const std::unique_ptr<io::Stream> stream_;
    const ConnectionSettings settings_;
    base::Limits limits_;
    std::optional<base::Error> failure_;
    struct VersionRange {
        int16_t min = 0;
        int16_t max = 0;
    };
    std::map<int16_t, VersionRange> versions_;  // by api key: what the broker speaks
    int32_t next_correlation_id_ = 1;
    std::deque<std::shared_ptr<Pending>> pending_;  // in the order of their requests
    std::deque<base::Slice> outgoing_;
    io::Signal outgoing_changed_;  // bytes came, or the last of them left
    io::Signal answered_;          // a request is no longer in flight
    kafka::ReceiveSlabs slabs_;
    kafka::FrameReader reader_;
    io::TaskScope scope_;  // last: both loops use what is above
};

}  // namespace polylog::client

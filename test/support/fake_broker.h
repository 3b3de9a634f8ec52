#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/network.h"
#include "io/scope.h"
#include "io/signal.h"
#include "protocol/kafka/frame.h"
#include "protocol/kafka/frame_reader.h"
#include "protocol/kafka/messages/api_versions.h"
#include "protocol/kafka/messages/metadata.h"

// For tests of the client and of what is built on it.
namespace polylog::client {

// A broker that answers what a test tells it to. Requests without an answer are swallowed.
class FakeBroker {
public:
    // Nothing: no answer. Called with the request taken apart up to its message.
    using Answer = std::function<std::optional<kafka::Output>(const kafka::RequestFrame& request)>;
    static constexpr uint16_t kPort = 9092;

    explicit FakeBroker(io::Network& network) : network_(network) {
        answer<kafka::ApiVersionsRequest>(
            [this](const kafka::ApiVersionsRequest&, int16_t) { return versions_; });
    }

    // Answers requests of one kind: `respond` is (const Request&, int16_t version) -> Response or
    // optional<Response>.
    template <class Request, class Respond>
    void answer(Respond respond) {
        answers_[Request::api.key] =
            [respond = std::move(respond)](
                const kafka::RequestFrame& frame) -> std::optional<kafka::Output> {
            const int16_t version = frame.header.request_api_version;
            const auto decoded = kafka::decode<Request>(frame.body, version);
            if (!decoded) return std::nullopt;
            const std::optional<typename Request::Response> response = respond(decoded->message,
                                                                               version);
            if (!response) return std::nullopt;
            auto output = kafka::encode_response(frame.header.correlation_id, version, *response);
            return output ? std::optional(std::move(*output)) : std::nullopt;
        };
        if (Request::api.key != kafka::ApiVersionsRequest::api.key) offer(Request::api);
    }
    void offer(const kafka::Api& api) {
        versions_.api_keys.push_back(
            {.api_key = api.key, .min_version = api.min, .max_version = api.max});
    }
    // One broker, this one, leads every partition.
    void serve_metadata(std::string host, std::string topic, int32_t partitions) {
        answer<kafka::MetadataRequest>([=](const kafka::MetadataRequest&, int16_t) {
            kafka::MetadataResponse response;
            response.brokers.push_back({.node_id = 1, .host = host, .port = kPort, .rack = {}});
            auto& described = response.topics.emplace_back();
            described.name = topic;
            for (int32_t i = 0; i < partitions; ++i) {
                auto& partition = described.partitions.emplace_back();
                partition.partition_index = i;
                partition.leader_id = 1;
            }
            return response;
        });
    }
    void close_after(size_t requests) { close_after_ = requests; }
    kafka::ApiVersionsResponse& versions() { return versions_; }
    const std::vector<int16_t>& requests() const {
        return requests_;
    }  // the keys, in order of arrival
    size_t connections() const { return connections_; }

    io::Task<void> serve() {
        auto listener = co_await network_.listen({"", kPort});
        while (listener) {
            auto stream = co_await (*listener)->accept();
            if (!stream) co_return;
            ++connections_;
            scope_.spawn(serve_one(std::move(*stream)));
        }
    }

private:
    io::Task<void> serve_one(std::unique_ptr<io::Stream> stream) {
        const base::Limits limits;
        kafka::ReceiveSlabs slabs;
        kafka::FrameReader reader(limits);
        std::vector<base::Slice> frames;
        while (co_await stream->readable()) {
            if (!reader.read(*stream, slabs, frames)) break;
            for (base::Slice& frame : frames) {
                const auto request = kafka::parse_request_frame(frame);
                if (!request || requests_.size() >= close_after_) {
                    stream->close();
                    co_return;
                }
                requests_.push_back(request->header.request_api_key);
                const auto handler = answers_.find(request->header.request_api_key);
                if (handler == answers_.end()) continue;
                auto output = handler->second(*request);
                if (output) co_await write(*stream, output->joined());
            }
            frames.clear();
        }
    }
    io::Task<void> write(io::Stream& stream, base::Slice bytes) {
        base::Bytes left = bytes.bytes();
        while (!left.empty()) {
            const auto written = stream.write_some(std::span(&left, 1));
            if (!written) co_return;
            left = left.subspan(*written);
            if (*written == 0 && !co_await stream.writable()) co_return;
        }
    }

    io::Network& network_;
    std::map<int16_t, Answer> answers_;
    kafka::ApiVersionsResponse versions_;
    std::vector<int16_t> requests_;
    size_t close_after_ = SIZE_MAX;
    size_t connections_ = 0;
    io::TaskScope scope_;
};

}  // namespace polylog::client

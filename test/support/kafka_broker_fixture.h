#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "broker/broker.h"
#include "io/sim/run_task.h"
#include "protocol/kafka/frame.h"
#include "protocol/kafka/listeners.h"
#include "protocol/server/admission.h"

// For tests of the broker as its clients meet it: by bytes on a connection.
namespace polylog::kafka {

// One client's connection, asked step by step from outside the simulated world. Goes before the
// world.
class Wire {
public:
    Wire(sim::Node& node, std::unique_ptr<io::Stream> stream)
        : node_(node), state_(std::make_shared<State>()) {
        state_->stream = std::move(stream);
    }
    ~Wire() { close(); }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    // Hands over everything; false when the broker has closed the connection.
    bool send(std::string bytes) {
        return sim::run_task(node_, write(state_, std::move(bytes)), std::chrono::minutes(5))
            .value_or(false);
    }
    template <class Request>
    bool send(const Request& request, int16_t version, int32_t correlation_id) {
        return send(frame_of(request, version, correlation_id));
    }
    // The next frame, without its size; nothing when none comes in that time.
    std::optional<base::Slice> receive(base::Duration limit = std::chrono::seconds(40)) {
        State& state = *state_;
        if (!state.is_read && !state.frame_bytes()) node_.spawn(read(state_));
        node_.world().run_until([&] { return state.frame_bytes() || state.is_closed; }, limit);
        const auto size_bytes = state.frame_bytes();
        if (!size_bytes) return std::nullopt;
        const std::string frame = state.received.substr(kFrameSizeBytes, *size_bytes);
        state.received.erase(0, kFrameSizeBytes + *size_bytes);
        return base::Slice(base::Buffer::copy_of(base::as_bytes(frame)));
    }
    // Whether the broker closes the connection within that time, without another whole frame.
    bool is_closed(base::Duration limit = std::chrono::seconds(5)) {
        return !receive(limit) && state_->is_closed;
    }

    template <class Request>
    typename Request::Response call(const Request& request, int16_t version) {
        const int32_t correlation_id = next_correlation_id_++;
        EXPECT_TRUE(send(request, version, correlation_id)) << Request::api.name;
        auto [id, response] = answer<Request>(version);
        EXPECT_EQ(id, correlation_id);
        return std::move(response);
    }
    // The next frame as the answer to a request of that kind, and its correlation id.
    template <class Request>
    std::pair<int32_t, typename Request::Response> answer(int16_t version) {
        const auto frame = receive();
        if (!frame) {
            ADD_FAILURE() << "no answer to " << Request::api.name;
            return {-1, {}};
        }
        const auto parsed = parse_response_frame(*frame, Request::api, version);
        if (!parsed) {
            ADD_FAILURE() << parsed.error().message();
            return {-1, {}};
        }
        kept_.push_back(parsed->body);  // what the response's views point to
        auto decoded = decode<typename Request::Response>(parsed->body, version);
        if (!decoded) {
            ADD_FAILURE() << decoded.error().message();
            return {parsed->correlation_id, {}};
        }
        return {parsed->correlation_id, std::move(decoded->message)};
    }
    void close() {
        node_.shard(0).run([this] { state_->stream->close(); });
    }

    template <class Request>
    static std::string frame_of(const Request& request, int16_t version, int32_t correlation_id) {
        RequestHeader header;
        header.request_api_version = version;
        header.correlation_id = correlation_id;
        header.client_id = "test";
        auto output = encode_request(header, request);
        if (!output) {
            ADD_FAILURE() << output.error().message();
            return {};
        }
        return std::string(base::as_text(output->joined().bytes()));
    }

private:
    // Shared with the tasks that read and write.
    struct State {
        std::unique_ptr<io::Stream> stream;
        std::string received;
        bool is_read = false;  // a task waits for the next frame
        bool is_closed = false;

        // Of the frame at the front, if it is complete.
        std::optional<size_t> frame_bytes() const {
            if (received.size() < kFrameSizeBytes) return std::nullopt;
            const auto size_bytes = static_cast<size_t>(
                base::load_be<int32_t>(base::as_bytes(received).data()));
            if (received.size() < kFrameSizeBytes + size_bytes) return std::nullopt;
            return size_bytes;
        }
    };

    static io::Task<bool> write(std::shared_ptr<State> state, std::string bytes) {
        for (size_t sent = 0; sent < bytes.size();) {
            if (!co_await state->stream->writable()) co_return false;
            const base::Bytes rest = base::as_bytes(std::string_view(bytes).substr(sent));
            const auto count = state->stream->write_some({&rest, 1});
            if (!count) co_return false;
            sent += *count;
        }
        co_return true;
    }
    static io::Task<void> read(std::shared_ptr<State> state) {
        state->is_read = true;
        while (!state->is_closed && !state->frame_bytes()) {
            std::byte room[4096];
            base::Result<size_t> count = base::fail(base::ErrorCode::closed);
            if (co_await state->stream->readable()) count = state->stream->read_some(room);
            state->is_closed = !count;
            if (count) state->received += base::as_text(base::Bytes(room, *count));
        }
        state->is_read = false;
    }

    sim::Node& node_;
    const std::shared_ptr<State> state_;
    std::vector<base::Slice> kept_;
    int32_t next_correlation_id_ = 1;
};

// A broker on a simulated machine, and another machine for its clients. Deterministic, in virtual
// time, without surprises.
class BrokerTest : public ::testing::Test {
protected:
    static constexpr uint16_t kPort = 9092;

    explicit BrokerTest(uint32_t shards = 1) : server_(world_.add_node({.shards = shards})) {
        client_.boot([](sim::Node&) { return std::make_shared<int>(0); });
    }
    ~BrokerTest() override { wires_.clear(); }

    // To be changed before start().
    base::Limits& limits() { return limits_; }
    model::ConfigMap& config() { return config_; }

    void start() {
        server_.boot([this](sim::Node& node) {
            auto program = std::make_shared<Program>(node, config_, limits_);
            program_ = program;
            node.spawn(program->serve());
            return program;
        });
        const bool serves = world_.run_until([this] { return program_.lock()->serves; },
                                             std::chrono::seconds(60));
        ASSERT_TRUE(serves) << world_.failure().value_or("the broker does not start");
    }
    void restart(sim::Crash how) {
        wires_.clear();
        server_.crash(how);
        start();
    }

    Wire& connect() {
        auto stream = sim::run_task(client_, client_.shard(0).env().network.connect(
                                                 {server_.address(), kPort}));
        if (!stream || !*stream) {
            ADD_FAILURE() << "not connected";
            std::abort();
        }
        wires_.push_back(std::make_unique<Wire>(client_, std::move(**stream)));
        return *wires_.back();
    }
    // Runs a task on the broker's first shard to its end.
    template <class T>
    T at_broker(io::Task<T> task) {
        auto result = sim::run_task(server_, std::move(task), std::chrono::minutes(10));
        if (!result) {
            ADD_FAILURE() << world_.failure().value_or("the task did not end");
            std::abort();
        }
        return std::move(*result);
    }
    broker::Broker& broker() { return *program_.lock()->broker; }
    Listeners& listeners() { return *program_.lock()->listeners; }
    // What the servers of all shards have counted.
    server::ConnectionCounts connections() {
        server::ConnectionCounts sum;
        for (const Server::Counts& counts : at_broker(listeners().collect()).connections) {
            sum.accepted += counts.accepted;
            sum.open += counts.open;
            std::ranges::transform(counts.refused, sum.refused, sum.refused.begin(), std::plus());
            std::ranges::transform(counts.overdue, sum.overdue, sum.overdue.begin(), std::plus());
        }
        return sum;
    }
    sim::World& world() { return world_; }
    sim::Node& server() { return server_; }
    sim::Node& client() { return client_; }

private:
    struct Program {
        Program(sim::Node& node, model::ConfigMap config, const base::Limits& its_limits)
            : limits(its_limits),
              memory(kMemoryBytes, limits),
              admission(node.shard(0), limits, memory) {
            for (uint32_t i = 0; i < node.shard_count(); ++i) shards.push_back(&node.shard(i));
            log::StorageOptions storage;
            storage.wal.file_bytes = 2 << 20;  // for the largest batch
            storage.disk_reserve_bytes = 0;
            broker = std::make_unique<broker::Broker>(
                shards, broker::BrokerOptions{.static_config = std::move(config),
                                              .storage = std::move(storage),
                                              .limits = limits,
                                              .memory = &memory});
        }
        io::Task<void> serve() {
            const auto started = co_await broker->start();
            EXPECT_TRUE(started) << started.error().message();
            if (!started) co_return;
            listeners = std::make_unique<Listeners>(shards, *broker, admission, limits);
            const auto opened = co_await listeners->open({.host = "", .port = kPort}, std::nullopt);
            EXPECT_TRUE(opened) << opened.error().message();
            serves = opened.has_value();
        }

        static constexpr uint64_t kMemoryBytes = uint64_t{1} << 30;
        const base::Limits limits;
        base::MemoryBudget memory;
        server::Admission admission;
        std::vector<io::Shard*> shards;
        std::unique_ptr<broker::Broker> broker;
        std::unique_ptr<Listeners> listeners;
        bool serves = false;
    };

    sim::World world_{1, {.fault_points = {.enabled = 0}}};
    sim::Node& server_;
    sim::Node& client_ = world_.add_node({.name = "client"});
    base::Limits limits_;
    model::ConfigMap config_;
    std::weak_ptr<Program> program_;
    std::vector<std::unique_ptr<Wire>> wires_;
};

}  // namespace polylog::kafka

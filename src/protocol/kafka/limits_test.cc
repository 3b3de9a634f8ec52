#include <gtest/gtest.h>

#include "base/bytes.h"
#include "broker/broker.h"
#include "io/sim/run_task.h"
#include "model/record.h"
#include "protocol/kafka/codec.h"
#include "protocol/kafka/messages/all.h"
#include "protocol/kafka/server.h"

// Goal: a client runs into each limit of a connection and gets the protocol's own answer, or is
// closed, and the counters say why. Method: a whole broker on a simulated machine, frames over the
// simulated network.
namespace polylog::kafka {
namespace {

using base::Result;
using base::operator""s;
using base::operator""ms;
using base::operator""_MiB;
using base::operator""_KiB;
using io::Task;
using StreamPtr = std::shared_ptr<io::Stream>;

constexpr uint16_t kPort = 9092;

struct Program {
    explicit Program(sim::Node& node)
        : broker({&node.shard(0)}, options()),
          admission(node.shard(0), limits, memory),
          server(node.shard(0), broker, admission, limits, std::nullopt) {
        limits.write_buffer_per_connection_max_bytes = 64_KiB;
        node.spawn(start());
    }
    broker::BrokerOptions options() {
        broker::BrokerOptions options;
        options.storage.wal.file_bytes = 8_MiB;
        options.memory = &memory;
        return options;
    }
    Task<void> start() {
        if (!co_await broker.start()) co_return;
        std::vector<meta::NewTopic> topics;
        topics.push_back({.name = "orders", .partition_count = 1});
        co_await broker.topics().create(std::move(topics), false);
        started = (co_await server.listen({.host = "", .port = kPort})).has_value();
    }

    base::Limits limits;
    base::MemoryBudget memory{100_MiB, base::Limits()};
    broker::Broker broker;
    server::Admission admission;
    Server server;
    bool started = false;
};

Task<StreamPtr> connect(std::string host) {
    auto stream = co_await io::Shard::current().env().network.connect(
        {.host = std::move(host), .port = kPort});
    if (!stream) co_return nullptr;
    co_return std::move(*stream);
}

// False when the server has closed.
Task<bool> send(StreamPtr stream, base::Slice frame) {
    size_t sent = 0;
    while (sent < frame.size()) {
        const base::Bytes rest = frame.bytes().subspan(sent);
        const auto count = stream->write_some(std::span(&rest, 1));
        if (!count) co_return false;
        sent += *count;
        if (*count == 0 && !co_await stream->writable()) co_return false;
    }
    co_return true;
}

// A whole response; nothing when the server has closed.
Task<std::optional<base::Slice>> receive(StreamPtr stream) {
    base::Buffer frame;
    std::byte size_field[4];
    size_t received = 0;
    for (;;) {
        base::MutableBytes room = frame ? frame.writable().subspan(received)
                                        : base::MutableBytes(size_field).subspan(received);
        const auto count = stream->read_some(room);
        if (!count) co_return std::nullopt;
        received += *count;
        if (!frame && received == sizeof size_field) {
            frame = base::Buffer::allocate(static_cast<size_t>(base::load_be<int32_t>(size_field)));
            received = 0;
        } else if (frame && received == frame.size()) {
            co_return base::Slice(std::move(frame));
        }
        if (*count == 0 && !co_await stream->readable()) co_return std::nullopt;
    }
}

Task<std::optional<base::Slice>> ask(StreamPtr stream, base::Slice frame) {
    if (!co_await send(stream, std::move(frame))) co_return std::nullopt;
    co_return co_await receive(stream);
}

Task<bool> still_open(StreamPtr stream) {
    std::byte byte[1];
    co_return stream->read_some(byte).has_value();
}

Task<bool> close(StreamPtr stream) {
    stream->close();
    co_return true;
}

// What a client is waiting for; outer nothing: still waiting.
using Pending = std::shared_ptr<std::optional<std::optional<base::Slice>>>;
Task<void> ask_and_keep(StreamPtr stream, base::Slice frame, Pending answer) {
    answer->emplace(co_await ask(std::move(stream), std::move(frame)));
}

base::Slice produce_frame(size_t value_bytes) {
    const std::string value(value_bytes, 'v');
    model::BatchBuilder builder;
    builder.add({.timestamp_ms = 1, .value = base::as_bytes(value)});
    ProduceRequest request{.acks = -1, .timeout_ms = 1000};
    request.topic_data.push_back({.name = "orders"});
    request.topic_data.back().partition_data.push_back(
        {.index = 0, .records = Records(base::Slice(builder.build()))});
    return encode_request({.request_api_version = 9, .correlation_id = 1}, request)->joined();
}

base::Slice api_versions_frame() {
    return encode_request({.request_api_version = 0, .correlation_id = 1}, ApiVersionsRequest{})
        ->joined();
}

ProduceResponse read_produced(const std::optional<base::Slice>& frame) {
    if (!frame) return {.throttle_time_ms = -1};
    const auto response = parse_response_frame(*frame, ProduceRequest::api, 9);
    return decode<ProduceResponse>(response->body, 9)->message;
}

class KafkaLimits : public ::testing::Test {
protected:
    KafkaLimits() : world_(1), server_(world_.add_node()), client_(world_.add_node()) {
        server_.boot([this](sim::Node& node) {
            auto program = std::make_shared<Program>(node);
            program_ = program.get();
            return program;
        });
        client_.boot([](sim::Node&) { return std::make_shared<int>(); });
        world_.run_until([this] { return program_->started; }, 60s);
    }

    StreamPtr connect_client() { return *sim::run_task(client_, connect(server_.address())); }
    std::optional<base::Slice> answer_to(const StreamPtr& stream, base::Slice frame,
                                         base::Duration patience = 5s) {
        return sim::run_task(client_, ask(stream, std::move(frame)), patience)
            .value_or(std::nullopt);
    }
    Pending ask_later(const StreamPtr& stream, base::Slice frame) {
        auto answer = std::make_shared<Pending::element_type>();
        client_.spawn(ask_and_keep(stream, std::move(frame), answer));
        return answer;
    }
    bool is_open(const StreamPtr& stream) { return *sim::run_task(client_, still_open(stream)); }
    double throttled(const std::string& reason) {
        const auto metrics = program_->server.request_metrics();
        return std::get<double>(
            *metrics.find("polylog_throttled_total", {{"protocol", "kafka"}, {"reason", reason}}));
    }
    base::MemoryBudget& memory() { return program_->memory; }

    sim::World world_;
    sim::Node& server_;
    sim::Node& client_;
    Program* program_ = nullptr;
};

TEST_F(KafkaLimits, AskProducersForAPauseWhileMemoryFillsAndKeepThemToIt) {
    const StreamPtr stream = connect_client();
    EXPECT_EQ(read_produced(answer_to(stream, produce_frame(10))).throttle_time_ms, 0);
    base::MemoryClaim others(memory(), base::MemoryUse::responses);
    others.set(80_MiB);
    const ProduceResponse slowed = read_produced(answer_to(stream, produce_frame(10)));
    EXPECT_GT(slowed.throttle_time_ms, 600);
    EXPECT_EQ(throttled("memory_slow"), 1);
    const Pending next = ask_later(stream, api_versions_frame());
    world_.run_for(500ms);
    EXPECT_FALSE(next->has_value());  // not read yet
    world_.run_for(500ms);
    EXPECT_TRUE(next->has_value() && next->value());
}

TEST_F(KafkaLimits, DoNotReadFromProducersWhileMemoryIsShort) {
    const StreamPtr producer = connect_client(), consumer = connect_client();
    EXPECT_EQ(read_produced(answer_to(producer, produce_frame(10))).throttle_time_ms, 0);
    base::MemoryClaim others(memory(), base::MemoryUse::responses);
    others.set(90_MiB);
    const Pending paused = ask_later(producer, produce_frame(10));
    world_.run_for(10s);
    EXPECT_FALSE(paused->has_value());
    EXPECT_EQ(throttled("memory_pause"), 1);
    EXPECT_TRUE(answer_to(consumer, api_versions_frame()));
    others.set(0);
    world_.run_for(1s);
    ASSERT_TRUE(paused->has_value());
    const ProduceResponse produced = read_produced(paused->value());
    ASSERT_EQ(produced.responses.size(), 1);
    EXPECT_EQ(produced.responses[0].partition_responses[0].error_code, ApiError::none);
    EXPECT_EQ(produced.responses[0].partition_responses[0].base_offset, 1);
}

TEST_F(KafkaLimits, RefuseRecordsWithAnErrorThatIsRetriedInTheLastStage) {
    const StreamPtr stream = connect_client();
    base::MemoryClaim others(memory(), base::MemoryUse::responses);
    others.set(96_MiB);
    const ProduceResponse refused = read_produced(answer_to(stream, produce_frame(10)));
    ASSERT_EQ(refused.responses.size(), 1);
    const ApiError error = refused.responses[0].partition_responses[0].error_code;
    EXPECT_TRUE(find_api_error(error)->retriable);
    EXPECT_EQ(throttled("memory_refuse"), 1);
}

TEST_F(KafkaLimits, CloseAFrameThatNeedsMemoryWhichIsNotThere) {
    const StreamPtr stream = connect_client();
    ASSERT_TRUE(answer_to(stream, api_versions_frame()));
    base::MemoryClaim others(memory(), base::MemoryUse::responses);
    others.set(96_MiB);
    EXPECT_FALSE(answer_to(stream, produce_frame(1_MiB)));
    EXPECT_FALSE(is_open(stream));
    EXPECT_EQ(throttled("memory_refuse"), 1);
    others.set(0);
    world_.run_for(1s);
    EXPECT_EQ(memory().used_bytes(base::MemoryUse::requests), 0);  // everything was given back
}

TEST_F(KafkaLimits, CountAFrameAsMemoryOnlyAsFarAsItHasCome) {
    const StreamPtr stream = connect_client();
    ASSERT_TRUE(answer_to(stream, api_versions_frame()));
    const base::Slice frame = produce_frame(4_MiB);
    EXPECT_TRUE(*sim::run_task(client_, send(stream, frame.part(0, 100'000))));
    world_.run_for(1s);
    EXPECT_GE(memory().used_bytes(base::MemoryUse::requests), 100'000u);
    EXPECT_LE(memory().used_bytes(base::MemoryUse::requests), 300'000u);
    *sim::run_task(client_, close(stream));
    world_.run_for(1s);
    EXPECT_EQ(memory().used_bytes(base::MemoryUse::requests), 0u);
}

TEST_F(KafkaLimits, TakeALargeFirstFrameOnlyWhenItBeginsLikeARequest) {
    const StreamPtr honest = connect_client();
    EXPECT_EQ(read_produced(answer_to(honest, produce_frame(900'000))).throttle_time_ms, 0);
    const std::string nonsense("\x00\x10\x00\x00nonsense", 12);  // announces 1 MiB
    base::Buffer bytes = base::Buffer::allocate(nonsense.size());
    std::memcpy(bytes.writable_data(), nonsense.data(), nonsense.size());
    const StreamPtr stranger = connect_client();
    EXPECT_FALSE(answer_to(stranger, base::Slice(std::move(bytes))));
    EXPECT_FALSE(is_open(stranger));
}

TEST_F(KafkaLimits, CloseASlowSenderAndGiveItsMemoryBack) {
    const StreamPtr stream = connect_client();
    ASSERT_TRUE(answer_to(stream, api_versions_frame()));
    EXPECT_TRUE(*sim::run_task(client_, send(stream, produce_frame(100'000).part(0, 5000))));
    world_.run_for(13s);
    EXPECT_TRUE(is_open(stream));
    world_.run_for(5s);
    EXPECT_FALSE(is_open(stream));
    EXPECT_EQ(program_->server.counts().of(server::Overdue::slow_sender), 1);
    EXPECT_EQ(memory().used_bytes(base::MemoryUse::requests), 0u);
}

TEST_F(KafkaLimits, CloseAConnectionThatNeverAsks) {
    const StreamPtr stream = connect_client();
    world_.run_for(12s);
    EXPECT_FALSE(is_open(stream));
    EXPECT_EQ(program_->server.counts().of(server::Overdue::no_request), 1);
}

TEST_F(KafkaLimits, CloseAReaderThatDoesNotReadItsAnswers) {
    const StreamPtr stream = connect_client();
    const base::Slice frame = api_versions_frame();
    client_.spawn([](StreamPtr to, base::Slice what) -> Task<void> {
        while (co_await send(to, what)) co_await io::sleep_for(1ms);
    }(stream, frame));
    world_.run_for(20s);
    const size_t held = memory().used_bytes(base::MemoryUse::responses);
    EXPECT_GT(held, 0u);
    EXPECT_LE(held, 128_KiB);  // it is not read from any more
    world_.run_for(40s);
    EXPECT_EQ(program_->server.counts().of(server::Overdue::slow_reader), 1);
    EXPECT_EQ(memory().used_bytes(base::MemoryUse::responses), 0u);
}

}  // namespace
}  // namespace polylog::kafka

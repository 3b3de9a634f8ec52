#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "io/fault.h"
#include "test/sim/nemesis.h"
#include "test/sim/scenario.h"

// A server on two shards sends back what it receives; clients check every byte. Connections are
// cut, reset, stalled and left half-open while nodes are killed, paused and slowed down.
//
// The checker: what comes back on a connection is what was sent on it, from its first byte on; and
// once all harm has ended every client gets its answers again.
namespace polylog::sim {
namespace {

using base::Bytes;
using base::Result;
using io::Task;
using StreamRef = std::shared_ptr<io::Stream>;

constexpr uint16_t kPort = 7;

Task<Result<void>> send_all(StreamRef stream, std::string text) {
    for (size_t sent = 0; sent < text.size();) {
        CO_TRY_VOID(co_await stream->writable());
        const Bytes rest = base::as_bytes(std::string_view(text).substr(sent));
        CO_TRY(const size_t count, stream->write_some({&rest, 1}));
        sent += count;
    }
    co_return {};
}

class EchoServer {
public:
    explicit EchoServer(Node& node) {
        for (uint32_t i = 0; i < node.shard_count(); ++i) node.spawn(listen(), i);
    }

private:
    // Everything that belongs to a shard hangs on tasks in its scope.
    static Task<void> listen() {
        io::Endpoint endpoint{.host = "", .port = kPort};
        auto listener = co_await io::Shard::current().env().network.listen(std::move(endpoint));
        CHECK(listener.has_value());
        while (true) {
            auto stream = co_await (*listener)->accept();
            if (stream) io::Shard::current().scope().spawn(echo(std::move(*stream)));
        }
    }

    static Task<void> echo(StreamRef stream) {
        std::array<std::byte, 4000> chunk;
        while (co_await stream->readable()) {
            const bool small = FAULT_POINT(io::Shard::current(), "echo.read.small");
            const auto into = std::span(chunk).first(small ? 1 : chunk.size());
            const Result<size_t> count = stream->read_some(into);
            if (!count) co_return;
            std::string text(base::as_text(into.first(*count)));
            if (!co_await send_all(stream, std::move(text))) co_return;
        }
    }
};

// What a client has done; outlives its program.
struct Progress {
    uint64_t rounds = 0;
    uint64_t connections = 0;
};

class EchoClient {
public:
    EchoClient(Node& node, std::shared_ptr<Progress> progress)
        : node_(node), progress_(std::move(progress)) {
        scope_.spawn(run());
    }

private:
    Task<void> run() {
        while (true) {
            io::Endpoint server{.host = "server", .port = kPort};
            auto stream = co_await io::Shard::current().env().network.connect(std::move(server));
            if (stream) {
                ++progress_->connections;
                co_await converse(std::move(*stream));
            }
            co_await io::sleep_for(std::chrono::milliseconds(100));
        }
    }

    Task<void> converse(StreamRef stream) {
        io::Random& random = io::Shard::current().env().random;
        io::Timer patience;
        for (uint64_t left = 1 + random.below(50); left > 0; --left) {
            const base::Duration timeout = std::chrono::seconds(5);
            patience.arm(io::Shard::current().now() + timeout, [&stream] { stream->close(); });
            std::string text = random_text(random, 1 + random.below(20'000));
            io::TaskScope sending;
            sending.spawn(send(stream, text));
            if (!co_await receive(stream, text)) co_return;
            ++progress_->rounds;
        }
    }

    static Task<void> send(StreamRef stream, std::string text) {
        const Result<void> sent = co_await send_all(std::move(stream), std::move(text));
        if (!sent) co_return;  // the receiving side sees it too
    }

    Task<Result<void>> receive(StreamRef stream, std::string expected) {
        std::array<std::byte, 3000> chunk;
        for (size_t got = 0; got < expected.size();) {
            CO_TRY_VOID(co_await stream->readable());
            CO_TRY(const size_t count, stream->read_some(chunk));
            const std::string_view text = base::as_text(Bytes(chunk).first(count));
            if (expected.compare(got, count, text) != 0) {
                node_.world().fail(
                    fmt::format("another answer at byte {} of {}", got, expected.size()));
            }
            got += count;
        }
        co_return {};
    }

    static std::string random_text(io::Random& random, size_t size_bytes) {
        std::string text;
        while (text.size() < size_bytes) text += std::to_string(random.next());
        text.resize(size_bytes);
        return text;
    }

    Node& node_;
    const std::shared_ptr<Progress> progress_;
    io::TaskScope scope_;
};

void run_echo(World& world) {
    RandomStream config = world.random("config");
    NetworkSettings& settings = world.network().settings();
    settings.send_buffer_bytes = size_t{1} << (8 + config.below(10));
    settings.receive_buffer_bytes = size_t{1} << (8 + config.below(10));
    settings.tiny_read = config.chance(0.2) ? 0.5 : 0;
    settings.short_write = config.chance(0.2) ? 0.5 : 0;
    settings.accept_error = 0.01;
    world.network().links().defaults().reset = config.chance(0.5) ? 0.0005 : 0;

    Node& server = world.add_node({.name = "server", .shards = 2});
    server.boot([](Node& node) { return std::make_shared<EchoServer>(node); });
    std::vector<Node*> nodes{&server};
    std::vector<std::shared_ptr<Progress>> progress;
    for (int i = 0; i < 3; ++i) {
        auto of_client = progress.emplace_back(std::make_shared<Progress>());
        nodes.push_back(&world.add_node());
        nodes.back()->boot(
            [of_client](Node& node) { return std::make_shared<EchoClient>(node, of_client); });
    }

    Nemesis nemesis(world, nodes,
                    {.gap_max = std::chrono::seconds(2), .each_max = std::chrono::seconds(4)});
    if (!nemesis.run_for(std::chrono::seconds(15))) return;

    std::vector<uint64_t> demanded;
    for (const auto& of_client : progress) demanded.push_back(of_client->rounds + 10);
    const auto all_served = [&] {
        return std::ranges::equal(progress, demanded, std::ranges::greater_equal{},
                                  [](const auto& of_client) { return of_client->rounds; });
    };
    if (!world.run_until(all_served, std::chrono::seconds(30)))
        world.fail("a client is not served after healing");
}

const bool registered = register_scenario({
    .name = "echo",
    .promise = "bytes arrive whole and in order or not at all, and arrive again once all is healed",
    .run = run_echo,
});

}  // namespace
}  // namespace polylog::sim

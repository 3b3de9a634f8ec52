#include "io/sim/sim_network.h"

#include <gtest/gtest.h>

#include <set>

#include "io/sim/run_task.h"

namespace polylog::sim {
namespace {

using base::Bytes;
using base::ErrorCode;
using base::Result;
using base::operator""us;
using base::operator""ms;
using base::operator""s;
using io::Task;

using StreamRef = std::shared_ptr<io::Stream>;

Task<Result<void>> send_all(StreamRef stream, std::string text) {
    for (size_t sent = 0; sent < text.size();) {
        CO_TRY_VOID(co_await stream->writable());
        const Bytes rest = base::as_bytes(std::string_view(text).substr(sent));
        CO_TRY(const size_t count, stream->write_some({&rest, 1}));
        sent += count;
    }
    co_return {};
}

// Reads until the text has that size, or to the end of the stream.
Task<std::string> receive(StreamRef stream, size_t size_bytes = SIZE_MAX) {
    std::string text;
    while (text.size() < size_bytes) {
        if (!co_await stream->readable()) break;
        std::byte chunk[1000];
        const Result<size_t> count = stream->read_some(chunk);
        if (!count) break;
        text += base::as_text(Bytes(chunk).first(*count));
    }
    co_return text;
}

// Accepts everything, for ever, and keeps it.
struct Acceptor {
    Task<void> run(io::Endpoint endpoint) {
        auto listener = co_await io::Shard::current().env().network.listen(std::move(endpoint));
        if (!listener) {
            error = listener.error();
            co_return;
        }
        while (true) {
            auto stream = co_await (*listener)->accept();
            if (stream) accepted.push_back(std::move(*stream));
            if (!stream) ++errors;
        }
    }
    std::vector<StreamRef> accepted;
    std::optional<base::Error> error;
    int errors = 0;
};

Task<Result<StreamRef>> connect(std::string host, uint16_t port) {
    io::Endpoint endpoint{std::move(host), port};
    CO_TRY(auto stream, co_await io::Shard::current().env().network.connect(std::move(endpoint)));
    co_return StreamRef(std::move(stream));
}

Task<bool> wait_until_readable(StreamRef stream) {
    co_return (co_await stream->readable()).has_value();
}

std::string long_text(size_t size_bytes) {
    std::string text;
    for (size_t i = 0; text.size() < size_bytes; ++i) text += std::to_string(i) + ' ';
    text.resize(size_bytes);
    return text;
}

// A server that accepts on port 9000 and a client, each on its own node.
class SimNetworkTest : public ::testing::Test {
protected:
    explicit SimNetworkTest(uint64_t seed = 1)
        : world(seed),
          server(world.add_node({.name = "server", .shards = 3})),
          client(world.add_node({.name = "client"})),
          links(world.network().links()) {
        server.boot({});
        client.boot({});
        server.spawn(acceptor.run({"", 9000}));
        world.run_for(1ms);
    }
    ~SimNetworkTest() override { drop_streams(); }

    Result<StreamRef> dial(const std::string& host = "server", uint16_t port = 9000) {
        auto result = run_task(client, connect(host, port));
        return result ? *result : base::fail(ErrorCode::timed_out);
    }
    // Connects and returns (client's side, server's side).
    std::pair<StreamRef, StreamRef> pair() {
        auto stream = dial();
        CHECK(stream);
        world.run_until([&] { return !acceptor.accepted.empty(); }, 1s);
        StreamRef accepted = acceptor.accepted.back();
        acceptor.accepted.pop_back();
        return {std::move(*stream), std::move(accepted)};
    }
    // What arrives when the client's side sends `text`; the rest of a broken connection is missing.
    std::string transfer(StreamRef from, StreamRef to, const std::string& text) {
        std::optional<std::string> received;
        server.spawn(store(receive(std::move(to), text.size()), received));
        client.spawn(attempt(send_all(std::move(from), text)));
        world.run_until([&] { return received.has_value(); }, 300s);
        return received.value_or("timed out");
    }
    static Task<void> store(Task<std::string> task, std::optional<std::string>& result) {
        result = co_await std::move(task);
    }
    // For senders that may fail: the receiver sees how far they came.
    static Task<void> attempt(Task<Result<void>> task) {
        const Result<void> result = co_await std::move(task);
        if (!result) EXPECT_EQ(result.error(), ErrorCode::closed);
    }
    void drop_streams() { acceptor.accepted.clear(); }

    Acceptor acceptor;
    World world;
    Node& server;
    Node& client;
    Links& links;
};

TEST_F(SimNetworkTest, CarriesBytesInOrderInBothDirections) {
    const auto [near, far] = pair();
    const std::string text = long_text(300'000);
    EXPECT_EQ(transfer(near, far, text), text);
    client.spawn(attempt(send_all(far, "back")));
    EXPECT_EQ(run_task(client, receive(near, 4)), "back");
}

TEST_F(SimNetworkTest, NamesBothEnds) {
    const auto [near, far] = pair();
    EXPECT_EQ(near->peer(), (io::Endpoint{server.address(), 9000}));
    EXPECT_EQ(near->local(), far->peer());
    EXPECT_EQ(near->peer(), far->local());
    EXPECT_EQ(near->local().host, client.address());
}

TEST_F(SimNetworkTest, OneByteReadsAndShortWritesChangeNothingButThePace) {
    world.network().settings().tiny_read = 0.9;
    world.network().settings().short_write = 0.9;
    const auto [near, far] = pair();
    const std::string text = long_text(2'000);
    EXPECT_EQ(transfer(near, far, text), text);
}

TEST_F(SimNetworkTest, BoundedBuffersStopAWriterUntilTheReaderReads) {
    world.network().settings().send_buffer_bytes = 1000;
    world.network().settings().receive_buffer_bytes = 500;
    const auto [near, far] = pair();
    const std::string text = long_text(4'000);
    const Bytes bytes = base::as_bytes(text);
    EXPECT_EQ(near->write_some({&bytes, 1}), 1000u);
    EXPECT_EQ(near->write_some({&bytes, 1}), 0u);
    bool writable = false;
    client.spawn([](StreamRef stream, bool& flag) -> Task<void> {
        flag = (co_await stream->writable()).has_value();
    }(near, writable));
    world.run_for(1s);
    EXPECT_TRUE(writable);  // 500 bytes have moved to the reader's side
    EXPECT_EQ(near->write_some({&bytes, 1}), 500u);
    writable = false;
    client.spawn([](StreamRef stream, bool& flag) -> Task<void> {
        flag = (co_await stream->writable()).has_value();
    }(near, writable));
    world.run_for(10s);
    EXPECT_FALSE(writable);
    std::byte chunk[2000];
    EXPECT_EQ(far->read_some(chunk), 500u);
    world.run_for(1s);
    EXPECT_TRUE(writable);
    EXPECT_EQ(far->read_some(chunk), 500u);
    EXPECT_EQ(far->read_some(chunk), 0u);
}

TEST_F(SimNetworkTest, CloseDeliversWhatWasWrittenAndThenTheEnd) {
    auto [near, far] = pair();
    const Bytes bytes = base::as_bytes("last words");
    ASSERT_TRUE(near->write_some({&bytes, 1}));
    near->close();
    near->close();
    std::byte byte[1];
    EXPECT_EQ(near->read_some(byte).error(), ErrorCode::closed);
    EXPECT_EQ(near->write_some({&bytes, 1}).error(), ErrorCode::closed);
    EXPECT_EQ(run_task(client, wait_until_readable(near)), false);
    EXPECT_EQ(run_task(server, receive(far)), "last words");
    EXPECT_EQ(far->read_some(byte).error(), ErrorCode::closed);
    near.reset();
    far.reset();
    world.run_for(1s);
    EXPECT_EQ(world.network().connections(), 0u);
}

TEST_F(SimNetworkTest, CloseWakesBothWaiters) {
    const auto [near, far] = pair();
    int woken = 0;
    client.spawn([](StreamRef stream, int& count) -> Task<void> {
        EXPECT_EQ((co_await stream->readable()).error(), ErrorCode::closed);
        ++count;
    }(near, woken));
    world.run_for(1s);
    EXPECT_EQ(woken, 0);
    near->close();
    world.run_for(1ms);
    EXPECT_EQ(woken, 1);
}

TEST_F(SimNetworkTest, CloseWithUnreadBytesResetsThePeer) {
    const auto [near, far] = pair();
    const Bytes bytes = base::as_bytes("unread");
    ASSERT_TRUE(near->write_some({&bytes, 1}));
    world.run_for(1s);
    far->close();
    world.run_for(1s);
    EXPECT_EQ(near->write_some({&bytes, 1}).error(), ErrorCode::closed);
}

TEST_F(SimNetworkTest, DroppingAStreamClosesIt) {
    auto [near, far] = pair();
    near.reset();
    EXPECT_EQ(run_task(server, receive(far)), "");
}

TEST_F(SimNetworkTest, WritingToAPeerThatHasGoneEndsInClosed) {
    auto [near, far] = pair();
    near.reset();
    world.run_for(1s);
    const Bytes bytes = base::as_bytes("hello?");
    ASSERT_TRUE(far->write_some({&bytes, 1}));
    world.run_for(1s);
    EXPECT_EQ(far->write_some({&bytes, 1}).error(), ErrorCode::closed);
}

TEST_F(SimNetworkTest, ResetsCutInTheMiddleOfWhatIsUnderWay) {
    std::set<size_t> arrived;
    for (int i = 0; i < 20; ++i) {
        const auto [near, far] = pair();
        const std::string text = long_text(10'000);
        const Bytes bytes = base::as_bytes(text);
        ASSERT_TRUE(near->write_some({&bytes, 1}));
        world.network().reset(client.id(), server.id());
        EXPECT_EQ(near->write_some({&bytes, 1}).error(), ErrorCode::closed);
        const std::string received = run_task(server, receive(far)).value();
        EXPECT_TRUE(text.starts_with(received));
        arrived.insert(received.size());
    }
    EXPECT_GT(arrived.size(), 5u);
}

TEST_F(SimNetworkTest, MiddleboxResetsStrikeWithTheirProbability) {
    links.settings(client.id(), server.id()).reset = 1;
    const auto [near, far] = pair();
    const std::string text = long_text(10'000);
    EXPECT_LT(transfer(near, far, text).size(), text.size());
}

TEST_F(SimNetworkTest, ACutLinkIsSilentAndHealingDeliversEverythingInOrder) {
    const auto [near, far] = pair();
    links.cut(client.id(), server.id());
    const std::string text = long_text(5'000);
    std::optional<std::string> received;
    server.spawn(store(receive(far, text.size()), received));
    client.spawn(attempt(send_all(near, text)));
    world.run_for(20s);
    EXPECT_FALSE(received);
    links.heal(client.id(), server.id());
    world.run_for(10s);
    EXPECT_EQ(received, text);
}

TEST_F(SimNetworkTest, CutsAreOneWay) {
    const auto [near, far] = pair();
    links.cut(client.id(), server.id());
    client.spawn(attempt(send_all(far, "to the client")));
    EXPECT_EQ(run_task(client, receive(near, 13)), "to the client");
}

TEST_F(SimNetworkTest, ASenderWhoseAcknowledgementsAreCutGivesUpThoughItsBytesArrive) {
    const auto [near, far] = pair();
    links.cut(server.id(), client.id());
    client.spawn(attempt(send_all(near, "hello")));
    EXPECT_EQ(run_task(server, receive(far, 5)), "hello");
    world.run_for(100s);
    std::byte byte[1];
    EXPECT_EQ(near->read_some(byte).error(), ErrorCode::closed);
    EXPECT_EQ(far->read_some(byte), 0u);  // half-open: the server has heard nothing of it
}

TEST_F(SimNetworkTest, AnIdleConnectionOutlivesACut) {
    const auto [near, far] = pair();
    links.cut_both(client.id(), server.id());
    world.run_for(1000s);
    links.heal_all();
    EXPECT_EQ(transfer(near, far, "still here"), "still here");
}

TEST_F(SimNetworkTest, AStallDelaysWhatIsSentAfterIt) {
    const auto [near, far] = pair();
    links.stall(client.id(), server.id(), 5s);
    const Instant before = world.now();
    EXPECT_EQ(transfer(near, far, "late"), "late");
    EXPECT_GE(world.now() - before, 5s);
}

TEST_F(SimNetworkTest, BandwidthBoundsTheRate) {
    links.settings(client.id(), server.id()).bytes_per_second = 100'000;
    const auto [near, far] = pair();
    const Instant before = world.now();
    const std::string text = long_text(200'000);
    EXPECT_EQ(transfer(near, far, text), text);
    EXPECT_GE(world.now() - before, 2s);
    EXPECT_LE(world.now() - before, 4s);
}

TEST_F(SimNetworkTest, KillTellsThePeerAndAPowerCutDoesNot) {
    const auto [near_one, far_one] = pair();
    std::byte byte[1];
    server.crash(Crash::kill);
    world.run_for(1s);
    EXPECT_EQ(near_one->read_some(byte).error(), ErrorCode::closed);

    server.restart();
    server.spawn(acceptor.run({"", 9000}));
    world.run_for(1ms);
    const auto [near_two, far_two] = pair();
    server.crash(Crash::power_cut);
    world.run_for(1000s);
    EXPECT_EQ(near_two->read_some(byte), 0u);

    // Once the machine is up again it does not know the connection, and says so when it is used.
    server.restart();
    world.run_for(1s);
    EXPECT_EQ(near_two->read_some(byte), 0u);
    const Bytes bytes = base::as_bytes("hello?");
    ASSERT_TRUE(near_two->write_some({&bytes, 1}));
    world.run_for(1s);
    EXPECT_EQ(near_two->read_some(byte).error(), ErrorCode::closed);
}

TEST_F(SimNetworkTest, KillDeliversWhatWasWrittenBefore) {
    const auto [near, far] = pair();
    const Bytes bytes = base::as_bytes("last words");
    ASSERT_TRUE(far->write_some({&bytes, 1}));
    server.crash(Crash::kill);
    EXPECT_EQ(run_task(client, receive(near)), "last words");
}

TEST_F(SimNetworkTest, ConnectingFailsWhereNobodyListens) {
    EXPECT_EQ(dial("server", 9001).error(), ErrorCode::io_failed);
    EXPECT_EQ(dial("nowhere").error(), ErrorCode::io_failed);
    server.crash(Crash::kill);
    EXPECT_EQ(dial().error(), ErrorCode::io_failed);
}

TEST_F(SimNetworkTest, ConnectingToSilenceTakesItsTimeAndSucceedsIfHealed) {
    links.cut(client.id(), server.id());
    const Instant before = world.now();
    EXPECT_EQ(dial().error(), ErrorCode::io_failed);
    EXPECT_GE(world.now() - before, 10s);
    world.after(3s, [&] { links.heal_all(); });
    EXPECT_TRUE(dial());
}

TEST_F(SimNetworkTest, ResolvesNamesAddressesAndLoopback) {
    EXPECT_TRUE(dial("server"));
    EXPECT_TRUE(dial(server.address()));
    EXPECT_EQ(dial("127.0.0.1").error(), ErrorCode::io_failed);  // the client itself
    const auto own = run_task(server, connect("localhost", 9000));
    ASSERT_TRUE(own && *own);
    EXPECT_EQ((**own)->peer().host, "127.0.0.1");
}

TEST_F(SimNetworkTest, LoopbackListenersAreNotReachedFromOutside) {
    Acceptor inner;
    server.spawn(inner.run({"127.0.0.1", 9100}));
    world.run_for(1ms);
    EXPECT_EQ(dial("server", 9100).error(), ErrorCode::io_failed);
    EXPECT_TRUE(*run_task(server, connect("127.0.0.1", 9100)));
    inner.accepted.clear();
    server.crash(Crash::kill);
}

TEST_F(SimNetworkTest, ListeningOnAForeignAddressFails) {
    Acceptor foreign;
    server.spawn(foreign.run({"client", 9100}));
    world.run_for(1ms);
    ASSERT_TRUE(foreign.error);
    EXPECT_EQ(*foreign.error, ErrorCode::io_failed);
}

Task<Result<io::Endpoint>> listen_anywhere() {
    io::Endpoint any;
    CO_TRY(auto listener, co_await io::Shard::current().env().network.listen(std::move(any)));
    co_return listener->local();
}

TEST_F(SimNetworkTest, PortZeroMeansAnyFreePort) {
    const auto first = run_task(server, listen_anywhere());
    const auto second = run_task(server, listen_anywhere());
    EXPECT_NE(first->value().port, 0);
    EXPECT_NE(first->value().port, second->value().port);
}

TEST_F(SimNetworkTest, SpreadsConnectionsOverTheShardsThatListen) {
    Acceptor acceptors[3];
    for (uint32_t i = 0; i < 3; ++i) server.spawn(acceptors[i].run({"", 9200}), i);
    world.run_for(1ms);
    std::vector<StreamRef> kept;
    for (int i = 0; i < 60; ++i) kept.push_back(dial("server", 9200).value());
    world.run_for(1s);
    for (Acceptor& each : acceptors) {
        EXPECT_GT(each.accepted.size(), 5u);
        each.accepted.clear();
    }
    server.crash(Crash::kill);
}

TEST_F(SimNetworkTest, AFullBacklogMakesCallersWait) {
    world.network().settings().accept_backlog = 2;
    server.pause();
    const StreamRef first = dial().value();
    const StreamRef second = dial().value();
    EXPECT_FALSE(dial());
    world.after(2s, [&] { server.resume(); });
    EXPECT_TRUE(dial());
}

TEST_F(SimNetworkTest, AcceptErrorsArePassing) {
    world.network().settings().accept_error = 0.5;
    for (int i = 0; i < 20; ++i) {
        const auto stream = dial();
        EXPECT_TRUE(stream);
    }
    world.run_for(1s);
    EXPECT_EQ(acceptor.accepted.size(), 20u);
    EXPECT_GT(acceptor.errors, 3);
}

TEST_F(SimNetworkTest, ADroppedConnectAttemptClosesWhatItHadOpened) {
    {
        io::TaskScope scope;
        client.shard(0).run([&] {
            scope.spawn([]() -> Task<void> {
                const auto stream = co_await connect("server", 9000);
                ADD_FAILURE() << "the task was dropped";
            }());
        });
    }
    world.run_for(1s);
    ASSERT_EQ(acceptor.accepted.size(), 1u);
    EXPECT_EQ(run_task(server, receive(acceptor.accepted[0])), "");
}

TEST_F(SimNetworkTest, APausedNodeStillReceivesUpToItsBuffers) {
    const auto [near, far] = pair();
    server.pause();
    client.spawn(attempt(send_all(near, "hello")));
    world.run_for(1s);
    std::byte chunk[100];
    EXPECT_EQ(far->read_some(chunk), 5u);
}

}  // namespace
}  // namespace polylog::sim

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "io/linux/loop_fixture.h"
#include "io/signal.h"

namespace polylog::io {
namespace {

using base::Bytes;
using base::ErrorCode;
using base::Result;
using std::chrono::milliseconds;

struct Connection {
    std::unique_ptr<Stream> client;
    std::unique_ptr<Stream> server;
};

Task<void> connect_client(Network& network, Endpoint to, std::unique_ptr<Stream>& client) {
    client = must(co_await network.connect(std::move(to)));
}

Task<std::unique_ptr<Listener>> listen_on(Network& network, std::string host) {
    co_return must(co_await network.listen({std::move(host), 0}));
}

Task<Connection> make_connection(Network& network) {
    const auto listener = co_await listen_on(network, "127.0.0.1");
    Connection connection;
    TaskScope connecting;
    connecting.spawn(connect_client(network, listener->local(), connection.client));
    connection.server = must(co_await listener->accept());
    co_await connecting.join();
    co_return connection;
}

Task<void> write_all(Stream& stream, std::string text) {
    Bytes left = base::as_bytes(text);
    while (!left.empty()) {
        const size_t written = must(stream.write_some(std::span(&left, 1)));
        left = left.subspan(written);
        if (written == 0) must(co_await stream.writable());
    }
}

// What arrives until `size_bytes` are there or the peer has finished.
Task<std::string> read_up_to(Stream& stream, size_t size_bytes) {
    std::string text(size_bytes, '\0');
    size_t filled = 0;
    while (filled < size_bytes) {
        if (!co_await stream.readable()) break;
        const auto read = stream.read_some(std::as_writable_bytes(std::span(text).subspan(filled)));
        if (!read) break;
        filled += *read;
    }
    text.resize(filled);
    co_return text;
}

Task<void> echo(std::unique_ptr<Stream> stream) {
    while (true) {
        std::string text(64, '\0');
        if (!co_await stream->readable()) co_return;
        const auto read = stream->read_some(std::as_writable_bytes(std::span(text)));
        if (!read) co_return;
        text.resize(*read);
        co_await write_all(*stream, std::move(text));
    }
}

Task<void> talk_to_echo(Network& network) {
    Connection connection = co_await make_connection(network);
    TaskScope scope;
    scope.spawn(echo(std::move(connection.server)));
    for (const char* text : {"a", "longer",
                             "than one buffer of the other side, which takes 64 bytes at "
                             "a time and sends back what it has got"}) {
        co_await write_all(*connection.client, text);
        EXPECT_EQ(co_await read_up_to(*connection.client, std::strlen(text)), text);
    }
}

TEST(LinuxStream, CarriesBytesBothWays) {
    Loop loop;
    loop.run(talk_to_echo(loop.network()));
}

Task<void> compare_endpoints(Network& network) {
    const auto listener = co_await listen_on(network, "127.0.0.1");
    EXPECT_EQ(listener->local().host, "127.0.0.1");
    EXPECT_NE(listener->local().port, 0);
    const Connection connection = co_await make_connection(network);
    EXPECT_EQ(connection.client->local(), connection.server->peer());
    EXPECT_EQ(connection.client->peer(), connection.server->local());
}

TEST(LinuxStream, KnowsBothEnds) {
    Loop loop;
    loop.run(compare_endpoints(loop.network()));
}

Task<void> send_many_pieces(Network& network) {
    const Connection connection = co_await make_connection(network);
    std::vector<std::string> texts;
    std::vector<Bytes> pieces;
    std::string expected;
    for (int i = 0; i < 3000; ++i) texts.push_back(i % 7 == 0 ? "" : std::to_string(i));
    for (const std::string& text : texts) {
        pieces.push_back(base::as_bytes(text));
        expected += text;
    }
    EXPECT_EQ(must(connection.client->write_some(pieces)), expected.size());
    EXPECT_EQ(must(connection.client->write_some({})), 0U);
    EXPECT_EQ(co_await read_up_to(*connection.server, expected.size()), expected);
}

TEST(LinuxStream, GathersMorePiecesThanOneSystemCallTakes) {
    Loop loop;
    loop.run(send_many_pieces(loop.network()));
}

Task<void> wait_readable(Stream& stream, std::vector<std::string>& log) {
    const auto ready = co_await stream.readable();
    log.push_back(ready ? "readable" : std::string(to_string(ready.error().code())));
}

Task<void> wait_writable(Stream& stream, std::vector<std::string>& log) {
    const auto ready = co_await stream.writable();
    log.push_back(ready ? "writable" : std::string(to_string(ready.error().code())));
}

// Writes until there is no room; returns how much was taken.
size_t fill(Stream& stream) {
    const std::string text(65536, 'x');
    const Bytes piece = base::as_bytes(text);
    size_t total = 0;
    while (const size_t written = must(stream.write_some(std::span(&piece, 1)))) total += written;
    return total;
}

Task<void> press_back(Network& network) {
    const Connection connection = co_await make_connection(network);
    const size_t total = fill(*connection.client);
    std::vector<std::string> log;
    TaskScope scope;
    scope.spawn(wait_writable(*connection.client, log));
    co_await sleep_for(milliseconds(1));
    EXPECT_TRUE(log.empty());
    EXPECT_EQ((co_await read_up_to(*connection.server, total)).size(), total);
    co_await scope.join();
    EXPECT_EQ(log, std::vector<std::string>{"writable"});
    EXPECT_GT(fill(*connection.client), 0U);
}

TEST(LinuxStream, IsNotWritableUntilThePeerHasRead) {
    Loop loop;
    loop.run(press_back(loop.network()));
}

Task<void> close_under_waiters(Network& network) {
    const Connection connection = co_await make_connection(network);
    fill(*connection.client);
    std::vector<std::string> log;
    TaskScope scope;
    scope.spawn(wait_readable(*connection.client, log));
    scope.spawn(wait_writable(*connection.client, log));
    connection.client->close();
    connection.client->close();
    EXPECT_TRUE(log.empty());
    co_await scope.join();
    EXPECT_EQ(log, (std::vector<std::string>{"closed", "closed"}));
    std::byte byte;
    EXPECT_EQ(connection.client->read_some({&byte, 1}).error().code(), ErrorCode::closed);
    EXPECT_EQ(connection.client->write_some({}).error().code(), ErrorCode::closed);
    EXPECT_EQ((co_await connection.client->readable()).error().code(), ErrorCode::closed);
    EXPECT_EQ((co_await connection.client->writable()).error().code(), ErrorCode::closed);
}

TEST(LinuxStream, ClosingWakesBothWaitersAndEveryCallAnswersClosed) {
    Loop loop;
    loop.run(close_under_waiters(loop.network()));
}

Task<void> destroy_under_waiter(Network& network) {
    Connection connection = co_await make_connection(network);
    std::vector<std::string> log;
    TaskScope scope;
    scope.spawn(wait_readable(*connection.client, log));
    connection.client.reset();
    co_await scope.join();
    EXPECT_EQ(log, std::vector<std::string>{"closed"});
}

TEST(LinuxStream, DestroyingItWakesItsWaiter) {
    Loop loop;
    loop.run(destroy_under_waiter(loop.network()));
}

Task<void> drop_waiter(Network& network) {
    const Connection connection = co_await make_connection(network);
    std::vector<std::string> log;
    {
        TaskScope dropped;
        dropped.spawn(wait_readable(*connection.server, log));
        co_await sleep_for(milliseconds(1));
    }
    co_await write_all(*connection.client, "x");
    co_await sleep_for(milliseconds(1));
    EXPECT_TRUE(log.empty());
    std::array<std::byte, 8> bytes;
    EXPECT_EQ(must(connection.server->read_some(bytes)), 1U);
    EXPECT_EQ(must(connection.server->read_some(bytes)), 0U);
    {
        TaskScope dropped;
        dropped.spawn(wait_readable(*connection.server, log));
    }
    TaskScope scope;
    scope.spawn(wait_readable(*connection.server, log));
    co_await write_all(*connection.client, "y");
    co_await scope.join();
    EXPECT_EQ(log, std::vector<std::string>{"readable"});
}

TEST(LinuxStream, DroppingAWaiterLeavesTheStreamToTheNext) {
    Loop loop;
    loop.run(drop_waiter(loop.network()));
}

Task<void> finish_sending(Network& network) {
    const auto listener = co_await listen_on(network, "127.0.0.1");
    FileDescriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(listener->local().port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const auto server = must(co_await listener->accept());

    EXPECT_EQ(::send(client.get(), "last", 4, 0), 4);
    ::shutdown(client.get(), SHUT_WR);
    EXPECT_EQ(co_await read_up_to(*server, 100), "last");
    std::byte byte;
    EXPECT_EQ(server->read_some({&byte, 1}).error().code(), ErrorCode::closed);
    co_await write_all(*server, "answer");
    char answer[6];
    EXPECT_EQ(::recv(client.get(), answer, sizeof answer, MSG_WAITALL), 6);

    std::vector<std::string> log;
    fill(*server);
    TaskScope scope;
    scope.spawn(wait_writable(*server, log));
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    client = {};
    co_await scope.join();
    const Bytes piece(&byte, 1);
    EXPECT_EQ(server->write_some(std::span(&piece, 1)).error().code(), ErrorCode::closed);
    EXPECT_EQ(server->read_some({&byte, 1}).error().code(), ErrorCode::closed);
    EXPECT_EQ((co_await server->readable()).error().code(), ErrorCode::closed);
}

TEST(LinuxStream, AnswersAPeerThatFinishedSendingUntilItResets) {
    Loop loop;
    loop.run(finish_sending(loop.network()));
}

Task<void> connect_in_vain(Network& network) {
    Endpoint gone = (co_await listen_on(network, "127.0.0.1"))->local();
    EXPECT_EQ((co_await network.connect(gone)).error().message(),
              "io_failed: connect to " + to_string(gone) + ": Connection refused");
    gone.host = "name.invalid";
    EXPECT_TRUE((co_await network.connect(gone))
                    .error()
                    .message()
                    .starts_with("io_failed: look up name.invalid: "));
}

TEST(LinuxNetwork, SaysWhyItCouldNotConnect) {
    Loop loop;
    loop.run(connect_in_vain(loop.network()));
}

Task<void> meet(Network& network, Listener& listener, std::string host) {
    std::unique_ptr<Stream> client;
    TaskScope connecting;
    connecting.spawn(connect_client(network, {std::move(host), listener.local().port}, client));
    const auto server = must(co_await listener.accept());
    co_await connecting.join();
    EXPECT_EQ(server->peer(), client->local());
}

bool has_ipv6() {
    const FileDescriptor probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    return probe && ::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

Task<void> meet_everywhere(Network& network) {
    const auto everywhere = co_await listen_on(network, "");
    co_await meet(network, *everywhere, "127.0.0.1");
    const auto named = co_await listen_on(network, "localhost");
    EXPECT_EQ(named->local().host, "127.0.0.1");
    co_await meet(network, *named, "localhost");
    if (!has_ipv6()) co_return;
    co_await meet(network, *everywhere, "::1");
    const auto ipv6 = co_await listen_on(network, "::1");
    EXPECT_EQ(ipv6->local().host, "::1");
    co_await meet(network, *ipv6, "::1");
}

TEST(LinuxNetwork, ListensOnNamesBothFamiliesAndEveryAddress) {
    Loop loop;
    loop.run(meet_everywhere(loop.network()));
}

Task<void> accept_then_log(Listener& listener, std::vector<std::string>& log) {
    const auto stream = co_await listener.accept();
    log.push_back(stream ? "accepted" : std::string(to_string(stream.error().code())));
}

Task<void> close_listener(Network& network) {
    std::vector<std::string> log;
    auto listener = co_await listen_on(network, "127.0.0.1");
    TaskScope scope;
    scope.spawn(accept_then_log(*listener, log));
    listener->close();
    listener->close();
    co_await scope.join();
    scope.spawn(accept_then_log(*listener, log));
    co_await scope.join();
    auto destroyed = co_await listen_on(network, "127.0.0.1");
    scope.spawn(accept_then_log(*destroyed, log));
    destroyed.reset();
    co_await scope.join();
    EXPECT_EQ(log, (std::vector<std::string>{"closed", "closed", "closed"}));
}

TEST(LinuxListener, ClosingOrDestroyingItWakesItsWaiter) {
    Loop loop;
    loop.run(close_listener(loop.network()));
}

Task<void> count_failures(Listener& listener, int& failures, std::unique_ptr<Stream>& taken) {
    while (!taken) {
        auto stream = co_await listener.accept();
        if (stream) {
            taken = std::move(*stream);
        } else {
            EXPECT_EQ(stream.error().code(), ErrorCode::throttled);
            ++failures;
        }
    }
}

Task<void> accept_without_descriptors(Network& network) {
    const auto listener = co_await listen_on(network, "127.0.0.1");
    std::unique_ptr<Stream> client, server;
    TaskScope scope;
    int failures = 0;
    rlimit before;
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    {
        const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::close(next);
        rlimit lowered = before;
        // One for the client, none for the server.
        lowered.rlim_cur = static_cast<rlim_t>(next) + 1;
        ::setrlimit(RLIMIT_NOFILE, &lowered);
    }
    scope.spawn(connect_client(network, listener->local(), client));
    scope.spawn(count_failures(*listener, failures, server));
    co_await sleep_for(milliseconds(10));
    EXPECT_EQ(failures, 1);  // the caller above loops at once, and rests nevertheless
    ::setrlimit(RLIMIT_NOFILE, &before);
    co_await scope.join();
    EXPECT_TRUE(server);
    co_await write_all(*client, "x");
    EXPECT_EQ(co_await read_up_to(*server, 1), "x");
}

TEST(LinuxListener, RestsWhenDescriptorsRunOutAndLosesNoConnection) {
    Loop loop;
    loop.run(accept_without_descriptors(loop.network()));
}

Task<void> share_endpoint(Network& first, Network& second) {
    const auto a = co_await listen_on(first, "127.0.0.1");
    const auto b = must(co_await second.listen(a->local()));
    EXPECT_EQ(a->local(), b->local());
    Result<std::unique_ptr<Listener>> taken = co_await first.listen({"192.0.2.1", 1});
    EXPECT_EQ(taken.error().message(),
              "io_failed: bind 192.0.2.1:1: Cannot assign requested address");
}

TEST(LinuxListener, SharesItsEndpoint) {
    Loop loop;
    loop.run(share_endpoint(loop.network(), loop.network()));
}

}  // namespace
}  // namespace polylog::io

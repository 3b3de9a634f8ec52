#include "protocol/http/server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "io/sim/run_task.h"

namespace polylog::http {
namespace {

using base::operator""s;
using base::operator""ms;
using io::Task;

constexpr uint16_t kPort = 80;

// A server whose answers are the paths that were asked for.
struct Site {
    explicit Site(sim::Node& node)
        : admission(node.shard(0), limits, memory),
          server(node.shard(0), router, admission, limits, 1024) {
        limits.connections_per_ip_max = 2;
        limits.idle_timeout = 60s;
        router.add("GET", "/echo", [](Request request) {
            return io::ready(text_response(200, std::string(request.target)));
        });
        router.add("POST", "/echo", [](Request request) {
            return io::ready(text_response(200, std::move(request.body)));
        });
        router.add("GET", "/wait", [this](Request request) { return wait(std::move(request)); });
        router.add(
            "PUT", "/large",
            [](Request request) {
                return io::ready(text_response(200, std::to_string(request.body.size())));
            },
            5000);
        node.spawn(listen());
    }
    // Answers when it is released; counts those who are waiting.
    Task<Response> wait(Request request) {
        const std::shared_ptr<void> waiter(&waiting, [](int* count) { --*count; });
        ++waiting;
        co_await released.wait();
        co_return text_response(200, std::string(request.target));
    }
    Task<void> listen() {
        listening = (co_await server.listen({.host = "", .port = kPort})).has_value();
    }

    base::Limits limits;
    Router router;
    base::MemoryBudget memory{1'000'000, limits};
    server::Admission admission;
    int waiting = 0;
    io::Signal released;
    Server server;
    bool listening = false;
};

// Sends the text and returns everything that comes back until the server closes.
Task<std::string> talk(std::string host, std::string text) {
    auto stream = co_await io::Shard::current().env().network.connect(
        {.host = host, .port = kPort});
    if (!stream) co_return "not connected";
    const base::Bytes bytes = base::as_bytes(text);
    if (!(*stream)->write_some(std::span(&bytes, 1))) co_return "not sent";
    std::string answer;
    while (co_await (*stream)->readable()) {
        std::byte chunk[1000];
        const auto count = (*stream)->read_some(chunk);
        if (!count) break;
        answer += base::as_text(base::Bytes(chunk).first(*count));
    }
    co_return answer;
}

class HttpServer : public ::testing::Test {
protected:
    HttpServer() : world_(1), server_(world_.add_node()), client_(world_.add_node()) {
        server_.boot([this](sim::Node& node) {
            auto site = std::make_shared<Site>(node);
            site_ = site.get();
            return site;
        });
        client_.boot([](sim::Node&) { return std::make_shared<int>(); });
        world_.run_until([this] { return site_->listening; }, 10s);
    }
    std::string answer_to(std::string text) {
        return sim::run_task(client_, talk(server_.address(), std::move(text)), 600s)
            .value_or("no end");
    }

    sim::World world_;
    sim::Node& server_;
    sim::Node& client_;
    Site* site_ = nullptr;
};

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
    const std::string answer = answer_to(
        "GET /echo?1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /echo HTTP/1.1\r\nHost: h\r\n"
        "Content-Length: 2\r\n\r\n22HEAD /echo?3 HTTP/1.1\r\nHost: h\r\n\r\n"
        "GET /echo?4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const size_t first = answer.find("/echo?1"), second = answer.find("\r\n\r\n22");
    const size_t fourth = answer.find("/echo?4");
    EXPECT_LT(first, second);
    EXPECT_LT(second, fourth);
    EXPECT_NE(fourth, std::string::npos);
    EXPECT_FALSE(answer.contains("/echo?3"));
    EXPECT_TRUE(answer.contains("Connection: close"));
    EXPECT_EQ(site_->server.counts().open, 0);
}

// Sends the text, returns what has come back after a second, and hangs up.
Task<std::string> glance(std::string host, std::string text) {
    auto stream = co_await io::Shard::current().env().network.connect(
        {.host = host, .port = kPort});
    if (!stream) co_return "not connected";
    const base::Bytes bytes = base::as_bytes(text);
    if (!(*stream)->write_some(std::span(&bytes, 1))) co_return "not sent";
    co_await io::sleep_for(1s);
    std::byte chunk[1000];
    const auto count = (*stream)->read_some(chunk);
    co_return std::string(base::as_text(base::Bytes(chunk).first(count.value_or(0))));
}

TEST_F(HttpServer, DropsAHandlerWhoseClientHangsUpAndSendsTheAnswersBeforeIt) {
    const auto seen = sim::run_task(client_,
                                    glance(server_.address(),
                                           "GET /echo?1 HTTP/1.1\r\nHost: h\r\n\r\n"
                                           "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"),
                                    10s);
    EXPECT_TRUE(seen.value_or("").ends_with("/echo?1"));
    EXPECT_TRUE(world_.run_until([this] { return site_->waiting == 0; }, 1s));
    EXPECT_TRUE(world_.run_until([this] { return site_->server.counts().open == 0; }, 1s));
}

TEST_F(HttpServer, ReadsAheadWhileAHandlerWaits) {
    server_.spawn([](Site& site) -> Task<void> {
        while (site.waiting == 0) co_await io::sleep_for(100ms);
        co_await io::sleep_for(5s);
        site.released.notify_all();
    }(*site_));
    const std::string answer = answer_to(
        "GET /wait?1 HTTP/1.1\r\nHost: h\r\n\r\n"
        "GET /echo?" +
        std::string(900, '2') +
        " HTTP/1.1\r\nHost: h\r\n\r\n"
        "GET /echo?3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_LT(answer.find("/wait?1"), answer.find("/echo?2"));
    EXPECT_TRUE(answer.ends_with("/echo?3"));
}

TEST_F(HttpServer, TakesBodiesAsLargeAsTheRouteAllows) {
    const auto put = [this](std::string_view path, size_t size) {
        return answer_to(fmt::format("PUT {} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{}", path, size,
                                     std::string(size, 'x')));
    };
    EXPECT_TRUE(put("/large", 5000).ends_with("\r\n\r\n5000"));
    EXPECT_TRUE(put("/large", 5001).starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(put("/other", 1025).starts_with("HTTP/1.1 413 "));
}

TEST_F(HttpServer, AnswersEveryOtherPathAndMethodByOneRoute) {
    site_->router.add_rest([](Request request) {
        return io::ready(text_response(200, fmt::format("{} {}", request.method, request.path)));
    });
    EXPECT_TRUE(answer_to("DELETE /1/2 HTTP/1.0\r\n\r\n").ends_with("\r\n\r\nDELETE /1/2"));
    EXPECT_TRUE(answer_to("PUT /echo HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 405 "));
}

TEST_F(HttpServer, SaysWhatIsNotThere) {
    EXPECT_TRUE(answer_to("GET /x HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 404 Not Found\r\n"));
    const std::string answer = answer_to("PUT /echo HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 "));
    EXPECT_TRUE(answer.contains("\r\nAllow: GET, POST\r\n"));
}

TEST_F(HttpServer, RefusesNonsenseAndClosesAfterTheAnswer) {
    EXPECT_TRUE(answer_to("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_TRUE(
        answer_to("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'a')).starts_with("HTTP/1.1 431 "));
}

TEST_F(HttpServer, ClosesIdleAndSlowConnections) {
    EXPECT_EQ(answer_to("GET /echo HT"), "");
    EXPECT_EQ(answer_to(""), "");
    EXPECT_EQ(site_->server.counts().of(server::Overdue::slow_sender), 1);
    EXPECT_EQ(site_->server.counts().of(server::Overdue::no_request), 1);
    EXPECT_EQ(site_->server.counts().open, 0);
}

TEST_F(HttpServer, RefusesMoreConnectionsFromOneAddressThanAllowed) {
    client_.spawn(
        [](std::string host) -> Task<void> { co_await talk(host, ""); }(server_.address()));
    client_.spawn(
        [](std::string host) -> Task<void> { co_await talk(host, ""); }(server_.address()));
    world_.run_until([this] { return site_->server.counts().open == 2; }, 10s);
    EXPECT_EQ(answer_to("GET /echo HTTP/1.0\r\n\r\n"), "");
    EXPECT_EQ(site_->server.counts().of(server::Refusal::address), 1);
}

TEST_F(HttpServer, DrainsIdleConnectionsAtOnce) {
    client_.spawn(
        [](std::string host) -> Task<void> { co_await talk(host, ""); }(server_.address()));
    world_.run_until([this] { return site_->server.counts().open == 1; }, 10s);
    bool drained = false;
    server_.spawn([](Site& site, bool& done) -> Task<void> {
        co_await site.server.drain(io::Shard::current().now() + 30s);
        done = true;
    }(*site_, drained));
    EXPECT_TRUE(world_.run_until([&] { return drained; }, 1s));
}

}  // namespace
}  // namespace polylog::http

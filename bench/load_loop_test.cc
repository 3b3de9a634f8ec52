// The load loop against a scripted server on the loopback address.

#include "bench/load_loop.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

namespace polylog::bench {
namespace {

constexpr size_t kRequestBytes = 4;

// Accepts one connection and answers each request of four bytes with the same four bytes, at most
// `answers` of them; then closes.
class EchoServer {
public:
    explicit EchoServer(int answers) {
        listener_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
        EXPECT_EQ(listen(listener_, 1), 0);
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this, answers] { serve(answers); });
    }
    EchoServer(const EchoServer&) = delete;
    EchoServer& operator=(const EchoServer&) = delete;
    ~EchoServer() {
        thread_.join();
        close(listener_);
    }

    uint16_t port() const { return port_; }
    int received() {
        thread_.join();
        thread_ = std::thread([] {});
        return received_;
    }

private:
    void serve(int answers) {
        const int peer = accept(listener_, nullptr, nullptr);
        const int on = 1;
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        std::array<std::byte, kRequestBytes> request{};
        while (recv(peer, request.data(), request.size(), MSG_WAITALL) == ssize_t{kRequestBytes}) {
            ++received_;
            if (received_ > answers) break;
            send(peer, request.data(), request.size(), MSG_NOSIGNAL);
        }
        close(peer);
    }

    int listener_ = -1;
    uint16_t port_ = 0;
    int received_ = 0;
    std::thread thread_;
};

class FourBytes : public Conversation {
public:
    explicit FourBytes(int requests, bool answered = true) : left_(requests), answered_(answered) {}
    bool next_request(Slot slot, std::vector<iovec>& pieces) override {
        if (left_-- <= 0) return false;
        slots_.push_back(slot.index);
        pieces.push_back({.iov_base = request_.data(), .iov_len = request_.size()});
        return true;
    }
    std::optional<Carried> unanswered() const override {
        return answered_ ? std::nullopt : std::optional(Carried{.messages = 1});
    }
    size_t response_bytes(base::Bytes) const override { return kRequestBytes; }
    base::Result<Carried> take_response(Slot, base::Bytes) override {
        return Carried{.messages = 2, .bytes = kRequestBytes};
    }
    const std::vector<int>& slots() const { return slots_; }

private:
    int left_;
    bool answered_;
    std::array<std::byte, kRequestBytes> request_{};
    std::vector<int> slots_;
};

LoadShape shape_for(const EchoServer& server) {
    return {.port = server.port(), .depth = 3, .warm_up = Seconds(0), .measured = Seconds(10)};
}

TEST(LoadLoop, EndsWhenEverythingIsSentAndAnswered) {
    EchoServer server(1000);
    FourBytes conversation(10);
    const auto result = run_load(shape_for(server), conversation);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->requests, 10u);
    EXPECT_EQ(result->messages, 20u);
    EXPECT_EQ(result->bytes, 40u);
    EXPECT_EQ(result->latency.count(), 10u);
    EXPECT_EQ(result->abandoned, 0u);
    EXPECT_FALSE(result->ended_by_peer);
}

TEST(LoadLoop, UsesTheSlotsOfAConnectionInTurn) {
    EchoServer server(1000);
    FourBytes conversation(7);
    ASSERT_TRUE(run_load(shape_for(server), conversation));
    EXPECT_EQ(conversation.slots(), (std::vector<int>{0, 1, 2, 0, 1, 2, 0}));
}

TEST(LoadLoop, CountsRequestsWithoutAnswersOnceTheyAreWritten) {
    EchoServer server(0);
    FourBytes conversation(1, false);
    const auto result = run_load(shape_for(server), conversation);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->messages, 1u);
    EXPECT_EQ(server.received(), 1);
}

TEST(LoadLoop, ChargesRequestsThatAServerNeverAnswered) {
    EchoServer server(4);
    FourBytes conversation(100);
    const auto result = run_load(shape_for(server), conversation);
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->ended_by_peer);
    EXPECT_EQ(result->requests, 4u);
    EXPECT_EQ(result->abandoned, 3u);
    EXPECT_EQ(result->latency.count(), 7u);
}

TEST(LoadLoop, StartsRequestsOfAnOpenLoopAtTheirTimes) {
    EchoServer server(1000);
    FourBytes conversation(6);
    LoadShape shape = shape_for(server);
    shape.requests_per_second = 500;
    const int64_t start = now_ns();
    const auto result = run_load(shape, conversation);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->requests, 6u);
    constexpr int64_t kFiveIntervalsNs = 10'000'000;
    EXPECT_GE(now_ns() - start, kFiveIntervalsNs);
}

TEST(LoadLoop, SaysWhenNobodyListens) {
    FourBytes conversation(1);
    uint16_t port = 0;
    {
        EchoServer server(0);
        port = server.port();
        const auto socket = connect_loopback(port);
        ASSERT_TRUE(socket);
        close(*socket);
    }
    const auto result = run_load({.port = port}, conversation);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), base::ErrorCode::closed);
}

}  // namespace
}  // namespace polylog::bench

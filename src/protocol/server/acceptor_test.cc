#include "protocol/server/acceptor.h"

#include <gtest/gtest.h>

#include "io/sim/run_task.h"

namespace polylog::server {
namespace {

using base::operator""s;
using io::Task;

constexpr uint16_t kPort = 9000;

// A protocol with requests of one byte, each answered with the same byte when `answering` allows.
class EchoConnection final : public Connection {
public:
    EchoConnection(const base::Limits& limits, std::unique_ptr<io::Stream> stream,
                   const bool& answering)
        : Connection(limits, std::move(stream)), answering_(answering) {}

    Task<void> run() override {
        std::byte byte[1];
        for (;;) {
            activity_.resume_reading(io::Shard::current().now());
            if (!co_await stream_->readable()) break;
            const auto count = stream_->read_some(byte);
            activity_.pause_reading(io::Shard::current().now());
            if (!count) break;
            if (*count == 0) continue;
            activity_.received(io::Shard::current().now(), true, std::nullopt);
            activity_.begin_request();
            while (!answering_) co_await io::sleep_for(std::chrono::milliseconds(10));
            activity_.end_request();
            const base::Bytes answer(byte);
            if (!stream_->write_some(std::span(&answer, 1))) break;
        }
        stream_->close();
    }

private:
    const bool& answering_;
};

struct Site {
    explicit Site(sim::Node& node)
        : admission(node.shard(0), limits, memory), first(acceptor(node)), second(acceptor(node)) {
        limits.connections_max = 4;
        limits.connections_per_ip_max = 3;
        limits.connections_per_ip_max_per_second = 2;
        node.spawn(listen());
    }
    Acceptor acceptor(sim::Node& node) {
        return Acceptor(node.shard(0), "echo", admission,
                        [this](std::unique_ptr<io::Stream> stream) {
                            return std::make_unique<EchoConnection>(limits, std::move(stream),
                                                                    answering);
                        });
    }
    Task<void> listen() {
        listening = (co_await first.listen({.host = "", .port = kPort})).has_value() &&
                    (co_await second.listen({.host = "", .port = kPort + 1})).has_value();
    }

    base::Limits limits;
    bool answering = true;
    base::MemoryBudget memory{1000, limits};
    Admission admission;
    Acceptor first, second;
    bool listening = false;
};

// Connects, asks once if `ask`, stays for `stay`; answers whether the server was still there.
Task<bool> visit(std::string host, uint16_t port, bool ask, base::Duration stay) {
    auto stream = co_await io::Shard::current().env().network.connect({.host = host, .port = port});
    if (!stream) co_return false;
    const std::byte byte[1] = {std::byte{'x'}};
    const base::Bytes bytes(byte);
    if (ask && !(*stream)->write_some(std::span(&bytes, 1))) co_return false;
    if (ask) {
        if (!co_await (*stream)->readable()) co_return false;
        std::byte answer[1];
        const auto count = (*stream)->read_some(answer);
        if (!count) co_return false;
    }
    co_await io::sleep_for(stay);
    std::byte more[1];
    co_return (*stream)->read_some(more).has_value();
}
Task<void> visit_and_forget(std::string host, uint16_t port, base::Duration stay) {
    co_await visit(std::move(host), port, true, stay);
}

class AcceptorTest : public ::testing::Test {
protected:
    AcceptorTest() : world_(1), server_(world_.add_node()) {
        server_.boot([this](sim::Node& node) {
            auto site = std::make_shared<Site>(node);
            site_ = site.get();
            return site;
        });
        for (sim::Node*& client : clients_) {
            client = &world_.add_node();
            client->boot([](sim::Node&) { return std::make_shared<int>(); });
        }
        world_.run_until([this] { return site_->listening; }, 10s);
    }
    void stay(size_t client, uint16_t port, base::Duration duration) {
        clients_[client]->spawn(visit_and_forget(server_.address(), port, duration));
    }
    bool visit_from(size_t client, uint16_t port = kPort) {
        return sim::run_task(*clients_[client], visit(server_.address(), port, true, 0s), 10s)
            .value_or(false);
    }
    void wait_for_open(uint32_t count) {
        ASSERT_TRUE(world_.run_until([&] { return site_->admission.open() == count; }, 100s));
    }

    sim::World world_;
    sim::Node& server_;
    sim::Node* clients_[3];
    Site* site_ = nullptr;
};

TEST_F(AcceptorTest, CountsTheConnectionsOfAnAddressOverAllListeners) {
    stay(0, kPort, 20s);
    stay(0, kPort, 20s);
    stay(0, kPort + 1, 20s);
    wait_for_open(3);
    EXPECT_FALSE(visit_from(0, kPort + 1));
    EXPECT_EQ(site_->second.counts().of(Refusal::address), 1);
    EXPECT_TRUE(visit_from(1));
    wait_for_open(0);
    EXPECT_TRUE(visit_from(0));
    wait_for_open(0);
    EXPECT_EQ(site_->first.counts().accepted, 4);
    EXPECT_EQ(site_->first.counts().open, 0);
}

TEST_F(AcceptorTest, CountsTheConnectionsOfTheProcessOverAllListeners) {
    stay(0, kPort, 20s);
    stay(0, kPort, 20s);
    stay(1, kPort, 20s);
    stay(1, kPort + 1, 20s);
    wait_for_open(4);
    EXPECT_FALSE(visit_from(2));
    EXPECT_EQ(site_->first.counts().of(Refusal::connections), 1);
}

TEST_F(AcceptorTest, LetsAnAddressReturnAtOnceButNotAgainAndAgain) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(visit_from(0));
    EXPECT_FALSE(visit_from(0));
    EXPECT_EQ(site_->first.counts().of(Refusal::rate), 1);
    EXPECT_TRUE(visit_from(1));  // others are not held responsible
    world_.run_for(std::chrono::milliseconds(1200));
    EXPECT_TRUE(visit_from(0));
    EXPECT_TRUE(visit_from(0));
    EXPECT_FALSE(visit_from(0));
}

TEST_F(AcceptorTest, RefusesEveryoneWhileMemoryIsFull) {
    site_->memory.add(base::MemoryUse::storage, 950);
    EXPECT_FALSE(visit_from(0));
    EXPECT_EQ(site_->first.counts().of(Refusal::memory), 1);
    site_->memory.remove(base::MemoryUse::storage, 1);
    EXPECT_TRUE(visit_from(0));
}

TEST_F(AcceptorTest, ClosesOverdueConnectionsOnceAndSaysWhy) {
    const auto stayed = sim::run_task(*clients_[0], visit(server_.address(), kPort, false, 30s),
                                      100s);
    EXPECT_FALSE(stayed.value_or(true));
    EXPECT_EQ(site_->first.counts().of(Overdue::no_request), 1);
    EXPECT_EQ(site_->admission.open(), 0);
}

TEST_F(AcceptorTest, DrainsIdleConnectionsAtOnceAndBusyOnesWhenTheyAreAnswered) {
    stay(0, kPort, 100s);
    wait_for_open(1);
    world_.run_for(1s);
    site_->answering = false;
    stay(1, kPort, 100s);
    wait_for_open(2);
    world_.run_for(1s);
    bool drained = false;
    server_.spawn([](Site& site, bool& done) -> Task<void> {
        co_await site.first.drain(io::Shard::current().now() + 30s);
        done = true;
    }(*site_, drained));
    wait_for_open(1);
    world_.run_for(2s);
    EXPECT_FALSE(drained);
    site_->answering = true;
    EXPECT_TRUE(world_.run_until([&] { return drained; }, 1s));
    EXPECT_FALSE(visit_from(2));
}

TEST_F(AcceptorTest, EndsADrainAtItsDeadline) {
    site_->answering = false;
    stay(0, kPort, 100s);
    wait_for_open(1);
    world_.run_for(1s);
    bool drained = false;
    server_.spawn([](Site& site, bool& done) -> Task<void> {
        co_await site.first.drain(io::Shard::current().now() + 5s);
        done = true;
    }(*site_, drained));
    world_.run_for(4s);
    EXPECT_FALSE(drained);
    EXPECT_TRUE(world_.run_until([&] { return drained; }, 2s));
    EXPECT_EQ(site_->admission.open(), 0);
}

}  // namespace
}  // namespace polylog::server

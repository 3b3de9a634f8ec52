#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>

#include "client/cluster.h"
#include "io/sim/run_task.h"
#include "test/support/fake_broker.h"

// For tests of the client and of what is built on it.
namespace polylog::client {

// A client and a scripted broker, each on a simulated machine of its own. Deterministic, in virtual
// time.
class ClientTest : public ::testing::Test {
protected:
    ClientTest() : world_(1) {
        server_.boot([this](sim::Node& node) {
            auto broker = std::make_shared<FakeBroker>(node.shard(0).env().network);
            broker_ = broker.get();
            node.spawn(broker->serve());
            return broker;
        });
        client_.boot([](sim::Node&) { return std::make_shared<int>(0); });
        world_.run_for(std::chrono::milliseconds(10));
    }

    FakeBroker& broker() { return *broker_; }
    const std::string& broker_address() { return server_.address(); }
    io::Env& env() { return client_.shard(0).env(); }
    ClusterSettings settings() {
        ClusterSettings settings;
        settings.bootstrap = {{server_.address(), FakeBroker::kPort}};
        settings.connection.request_timeout = std::chrono::seconds(5);
        return settings;
    }
    sim::World& world() { return world_; }
    sim::Node& server() { return server_; }

    // Runs a task on the client's machine to its end.
    template <class T>
    T run(io::Task<T> task) {
        auto result = sim::run_task(client_, std::move(task), std::chrono::minutes(10));
        if (!result) {
            ADD_FAILURE() << world_.failure().value_or("the task did not end");
            std::abort();
        }
        return std::move(*result);
    }

private:
    sim::World world_;
    sim::Node& server_ = world_.add_node({.name = "server"});
    sim::Node& client_ = world_.add_node({.name = "client"});
    FakeBroker* broker_ = nullptr;
};

}  // namespace polylog::client

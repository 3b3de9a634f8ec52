#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/connection.h"
#include "client/record.h"
#include "protocol/kafka/messages/metadata.h"

namespace polylog::client {

// Where a cluster is found, and how its brokers are talked to.
struct ClusterSettings {
    // Tried in order until one answers.
    std::vector<io::Endpoint> bootstrap;
    ConnectionSettings connection;
};

// Topics to learn about: these, or all.
struct TopicsWanted {
    std::vector<std::string> names;
    bool all = false;
    // Lets a broker that is set up for it create what does not exist.
    bool may_create = false;
};

// Held while calls are made on it: a connection that broke and was replaced goes with its last
// user.
using ConnectionRef = std::shared_ptr<Connection>;

// What a client knows of a cluster: its brokers, who leads what, and one connection to each broker
// it talks to. On one shard; coroutines share it. A connection that broke is opened again by the
// next call.
class Cluster {
public:
    Cluster(io::Env& env, ClusterSettings settings);

    // Some broker; the one that answered first stays the choice. Errors: those of Connection::open,
    // the last one met.
    io::Task<base::Result<ConnectionRef>> any();
    io::Task<base::Result<ConnectionRef>> node(int32_t id);
    // Fetches and remembers metadata. What is wrong with single topics is in the answer.
    io::Task<base::Result<kafka::MetadataResponse>> metadata(TopicsWanted wanted);
    // How many partitions the topic has. Errors: unknown_topic and others the broker states. A
    // topic that was just created is waited for until its partitions have leaders, within the
    // request time-out.
    io::Task<base::Result<int32_t>> partition_count(std::string topic, bool may_create = false);
    // The connection to the partition's leader, as last heard. Errors: unknown_topic,
    // leader_not_available.
    io::Task<base::Result<ConnectionRef>> leader(TopicPartition partition);
    io::Task<base::Result<ConnectionRef>> group_coordinator(std::string group);
    // Forgets who leads the topic, so that leader() asks anew.
    void forget_leaders(const std::string& topic) { leaders_.erase(topic); }

    io::Env& env() { return env_; }
    const ClusterSettings& settings() const { return settings_; }

private:
    using Leaders = std::map<int32_t, int32_t>;  // partition -> broker
    struct Slot {
        ConnectionRef connection;
        bool opening = false;
        io::Signal opened;
    };
    class Opening;

    io::Task<base::Result<ConnectionRef>> connect(io::Endpoint endpoint);
    void learn(const kafka::MetadataResponse& response);

    io::Env& env_;
    const ClusterSettings settings_;
    std::map<std::string, Slot> slots_;  // by "host:port"
    std::map<int32_t, io::Endpoint> brokers_;
    std::map<std::string, Leaders> leaders_;  // by topic
};

// Why the topic cannot be used, if so.
base::Result<void> check(const kafka::MetadataResponse::Topic& topic);

}  // namespace polylog::client

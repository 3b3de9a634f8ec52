#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "client/cluster.h"
#include "client/record.h"
#include "io/sim/world.h"
#include "test/sim/broker_flaws.h"
#include "test/sim/broker_history.h"

namespace polylog::sim {

// What a scenario called broker is made of.
struct BrokerSetup {
    BrokerFlaw flaw = BrokerFlaw::none;
    bool disk_fails = true;
};

constexpr uint16_t kBrokerPort = 9092;

// A topic that lives as long as the run.
struct LastingTopic {
    std::string_view name;
    int32_t partitions = 1;
    int64_t retention_bytes = -1;
    bool is_trimmed = false;  // clients delete records from its front
};
constexpr LastingTopic kLastingTopics[] = {
    {.name = "kept", .partitions = 2},
    {.name = "trimmed", .is_trimmed = true},
    {.name = "expiring", .retention_bytes = 20'000},
};
constexpr std::string_view kGroups[] = {"red", "blue"};

// What clients do, counted when it succeeds.
enum class Feat : uint8_t { produce, read, consume, commit, trim, recreate };
constexpr size_t kFeats = 6;

// What everybody outside the broker knows; survives every node.
struct BrokerLedger {
    BrokerLedger(World& in_world, BrokerSetup chosen);

    // Ends the run if there is something wrong with a thing.
    void judge(std::string_view thing, Complaint complaint);
    PartitionHistory& of(const client::TopicPartition& partition) {
        return partitions.at(partition);
    }
    GroupHistory& of(std::string_view group, const client::TopicPartition& partition) {
        return groups.at({std::string(group), partition});
    }
    void succeeded(Feat feat) { ++feats[static_cast<size_t>(feat)]; }

    World& world;
    const BrokerSetup setup;
    std::string broker_address;
    std::map<client::TopicPartition, PartitionHistory> partitions;
    std::map<std::pair<std::string, client::TopicPartition>, GroupHistory> groups;
    // Topics that come and go, and those that have gone.
    std::map<base::Uuid, PartitionHistory> brief;
    std::set<base::Uuid> deleted;
    uint64_t feats[kFeats] = {};
    uint64_t next_writer = 1;
    uint64_t client_starts = 0;
    uint64_t sessions_interrupted = 0;  // by an error: none is worth a word while there is harm

    bool topics_exist = false;
    bool quiet = false;  // nothing new is written
    bool over = false;   // groups part
    // Coroutines of clients that have not come to rest.
    uint32_t writers_busy = 0;  // and all others that end when it is quiet
    uint32_t members_busy = 0;  // of groups

    // The broker.
    uint64_t starts = 0;
    bool serving = false;
    bool stopped_cleanly = false;  // so the next start must find
    bool disk_harmed = false;      // since the broker started: it may be in trouble
};

// Client settings under which nobody waits for long.
client::ClusterSettings impatient(const BrokerLedger& ledger);
std::string to_string(const client::TopicPartition& partition);

}  // namespace polylog::sim

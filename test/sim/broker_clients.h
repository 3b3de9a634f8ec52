#pragma once

#include <memory>
#include <vector>

#include "client/consumer.h"
#include "client/producer.h"
#include "io/scope.h"
#include "test/sim/broker_ledger.h"

// The clients of the scenarios called broker: each is a coroutine that does its work over and over,
// whatever becomes of the broker and the network, and tells the ledger what it saw.
namespace polylog::sim {

// What a client runs with; copied into its coroutines.
struct ClientContext {
    io::Env* env = nullptr;
    std::shared_ptr<BrokerLedger> ledger;
    RandomStream stream;
};

// Makes the lasting topics, whatever it takes.
io::Task<void> create_lasting_topics(ClientContext context);
// Writes with producers of all kinds.
io::Task<void> write_for_ever(ClientContext context);
// Reads partitions from anywhere.
io::Task<void> read_for_ever(ClientContext context);
// Deletes records from the front of the topics that are made for it.
io::Task<void> trim_for_ever(ClientContext context);
// Creates, fills, checks and deletes a topic under a name of its own, by its id where there is one.
io::Task<void> recreate_for_ever(ClientContext context, std::string name);
// Is a member of a group, again and again.
io::Task<void> consume_for_ever(ClientContext context, std::string group);

// What a node with clients runs from boot to crash.
class ClientProgram {
public:
    ClientProgram(Node& node, std::shared_ptr<BrokerLedger> ledger, uint64_t index);
    ~ClientProgram();

private:
    using Count = uint32_t BrokerLedger::*;
    void start(Count count, io::Task<void> work);
    io::Task<void> counted(Count count, io::Task<void> work);

    const std::shared_ptr<BrokerLedger> ledger_;
    const uint64_t start_number_;
    std::map<uint64_t, Count> busy_;  // what has not ended, as it is counted
    uint64_t started_ = 0;
    io::TaskScope scope_;
};

// What the group has committed, judged; GroupHistory::kNone without.
io::Task<base::Result<int64_t>> committed_offset(BrokerLedger& ledger, client::Cluster& cluster,
                                                 std::string group,
                                                 client::TopicPartition partition);

// For when all harm has ended. Errors are those of the network: it must be tried again.
// Whether every group has committed all there is.
io::Task<base::Result<bool>> groups_have_caught_up(ClientContext context);
// Reads everything once more and judges it, while nothing is written.
io::Task<base::Result<void>> audit(ClientContext context);
// Judges whether those who wait are told at once.
io::Task<base::Result<void>> probe_promptness(ClientContext context);

}  // namespace polylog::sim

#pragma once

#include <memory>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "broker/broker.h"
#include "protocol/kafka/listeners.h"
#include "protocol/server/admission.h"
#include "test/sim/broker_ledger.h"

namespace polylog::sim {

// What a run chooses once: sizes small enough for every border to be crossed.
struct BrokerSizes {
    explicit BrokerSizes(RandomStream stream);
    log::StorageOptions storage;
    model::ConfigMap config;
};

// The broker as the program runs it, from boot to crash: storage, replication, metadata, groups,
// broker and Kafka listeners on every shard of its node.
class BrokerProgram {
public:
    BrokerProgram(Node& node, std::shared_ptr<BrokerLedger> ledger, const BrokerSizes& sizes);

    // Answers what is under way, closes everything, and ends the process.
    io::Task<void> stop();
    // What is wrong with what it holds, when no client is connected and nothing is under way.
    io::Task<Complaint> look_for_leftovers();
    // What is wrong with how much it holds.
    io::Task<Complaint> look_at_memory();

    broker::Broker& broker() { return *broker_; }

private:
    io::Task<void> serve();
    Complaint check_start() const;
    void die();

    Node& node_;
    const std::shared_ptr<BrokerLedger> ledger_;
    const BrokerSizes sizes_;
    const base::Limits limits_;
    base::MemoryBudget memory_;
    server::Admission admission_;
    std::unique_ptr<broker::Broker> broker_;
    std::unique_ptr<kafka::Listeners> listeners_;
    bool stopping_ = false;
};

}  // namespace polylog::sim

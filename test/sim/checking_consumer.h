#pragma once

#include <map>
#include <vector>

#include "client/consumer.h"
#include "test/sim/broker_clients.h"

namespace polylog::sim {

// Where a partition begins and ends.
struct Bounds {
    int64_t start = 0;
    int64_t end = 0;
};
io::Task<base::Result<Bounds>> bounds_of(BrokerLedger& ledger, client::Cluster& cluster,
                                         client::TopicPartition partition);

// A consumer of lasting topics that judges what it is given, and goes on where a partition begins
// when it has fallen behind that.
class CheckingConsumer {
public:
    CheckingConsumer(const ClientContext& context, client::Cluster& cluster);

    void assign(client::TopicPartition partition, int64_t offset);
    // What is wanted next.
    const std::map<client::TopicPartition, int64_t>& positions() const { return wanted_; }
    io::Task<base::Result<std::vector<client::ConsumedRecord>>> poll(base::Duration max_wait);

private:
    io::Task<base::Result<void>> catch_up();

    BrokerLedger& ledger_;
    client::Cluster& cluster_;
    client::Consumer consumer_;
    std::map<client::TopicPartition, int64_t> wanted_;
};

}  // namespace polylog::sim

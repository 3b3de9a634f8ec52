#pragma once

#include "broker/broker.h"
#include "io/mutex.h"
#include "io/task.h"

namespace polylog::kafka {

// Hands out producer ids from blocks that the metadata allots, so that most cost nothing. One per
// shard.
class ProducerIds {
public:
    explicit ProducerIds(broker::Broker& broker) : broker_(broker) {}
    // An id that nobody ever had.
    io::Task<base::Result<model::ProducerId>> next();

private:
    static constexpr int64_t
        kBlock = 1000;  // as many as Kafka's controller gives to a broker at a time

    broker::Broker& broker_;
    int64_t next_ = 0;
    int64_t left_ = 0;
    io::Mutex one_at_a_time_;
};

}  // namespace polylog::kafka

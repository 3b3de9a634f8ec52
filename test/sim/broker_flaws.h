#pragma once

#include "broker/shard_broker.h"

namespace polylog::sim {

// Errors made on purpose, between a broker and its storage: they show that the checkers of the
// scenarios called broker bite.
enum class BrokerFlaw : uint8_t {
    none,
    early_acknowledgement,   // what is appended counts as durable at once
    lost_waiter,             // now and then nobody is told that something has become durable
    deduplication_off,       // producers are not remembered
    stale_epoch_accepted,    // a producer's fenced epoch is forgotten
    index_off_by_one,        // now and then a read begins one record late
    forgotten_offset,        // what groups committed last is missing when they are read back
    leftover_of_a_deletion,  // a dropped log stays
};

// What a broker opens instead of log::Storage; log::Storage::open itself when there is no flaw.
broker::OpenStorage open_with(BrokerFlaw flaw);

}  // namespace polylog::sim

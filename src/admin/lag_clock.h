#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "broker/broker.h"
#include "io/task.h"
#include "model/compression.h"
#include "model/ids.h"

namespace polylog::admin {

// Tells how far behind in time a consumer is: how long ago the first record it has not consumed was
// made. That record is read once; as long as the consumer does not move, its time is remembered.
// Lives on the shard where metrics are collected.
class LagClock {
public:
    // A scrape reads at most so many records; the places of others stay unknown until a later one.
    static constexpr size_t kReadsMax = 200;

    // Begins a scrape: forgets the places that the last one did not ask for.
    void begin();
    // When the record at, or the first after, `offset` was made, in Unix milliseconds; nothing when
    // it cannot be read, or not in this scrape any more. There is one.
    io::Task<std::optional<int64_t>> time_of(broker::Broker& broker,
                                             model::TopicPartition partition, model::Offset offset);

private:
    using Place = std::pair<model::TopicPartition, model::Offset>;
    std::optional<int64_t> find(base::Bytes batch, model::Offset offset);

    model::Decompressor decompressor_;
    std::map<Place, int64_t> known_;   // of this scrape
    std::map<Place, int64_t> before_;  // of the one before
    size_t reads_ = 0;
};

}  // namespace polylog::admin

#pragma once

#include <cstdint>
#include <optional>

#include "base/slice.h"
#include "io/env.h"

namespace polylog::client {

// Which partition a record goes to, as Kafka's own clients decide: by the key's murmur2, so that
// all clients agree where a key lives; a record without a key stays with one partition until the
// batch there leaves (KIP-480), so that batches grow.
class Partitioner {
public:
    // partition_count > 0. The random numbers choose among the partitions for records without a
    // key.
    Partitioner(int32_t partition_count, io::Random& random);

    int32_t partition_of(std::optional<base::Bytes> key) const;
    // A batch of this partition was sent: keyless records that went there go to another one from
    // now on.
    void batch_left(int32_t partition);

private:
    int32_t partition_count_;
    io::Random& random_;
    int32_t sticky_;
};

// Kafka clients, BuiltInPartitioner.partitionForKey: the hash with its sign bit cleared, modulo the
// count.
int32_t partition_of_key(base::Bytes key, int32_t partition_count);

}  // namespace polylog::client

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/cluster.h"
#include "client/record.h"
#include "model/compression.h"
#include "protocol/kafka/messages/fetch.h"
#include "protocol/kafka/messages/isolation_level.h"

namespace polylog::client {

// What a consumer asks for, and its bounds. Sizes are those of one answer.
struct ConsumerSettings {
    kafka::IsolationLevel isolation = kafka::IsolationLevel::read_uncommitted;
    size_t fetch_max_bytes = size_t{8} << 20;
    size_t partition_max_bytes = size_t{1} << 20;
    // How long errors that should pass may last before poll() says so.
    base::Duration retry_timeout = std::chrono::seconds(30);
};

// Reads partitions that it is told to read, from offsets that it is told. Knows of no group. On one
// shard, one poll at a time.
class Consumer {
public:
    Consumer(Cluster& cluster, ConsumerSettings settings);

    // Reads the partition from this offset on, instead of from where it was.
    void assign(TopicPartition partition, int64_t offset);
    void unassign(const TopicPartition& partition) { positions_.erase(partition); }
    // The offset to be read next. The partition is assigned.
    int64_t position(const TopicPartition& partition) const { return positions_.at(partition); }
    bool empty() const { return positions_.empty(); }

    // Whatever comes next, in order within each partition; empty when nothing came within max_wait.
    // Moves the positions. Errors: offset_out_of_range (naming the partition; nothing moved),
    // corrupt, and what the broker says that neither a moved leader nor a pause mends, or that
    // lasts.
    io::Task<base::Result<std::vector<ConsumedRecord>>> poll(base::Duration max_wait);

private:
    using Records = std::vector<ConsumedRecord>;
    using Positions = std::map<TopicPartition, int64_t>;
    // What one leader is asked for.
    struct Share {
        ConnectionRef leader;
        Positions positions;
    };

    io::Task<base::Result<Records>> fetch(ConnectionRef connection, Positions positions,
                                          base::Duration max_wait);
    // Pauses and lets leaders be found anew; the error, when it has lasted too long.
    io::Task<base::Result<void>> recover(base::Error error);
    kafka::FetchRequest request_for(const Positions& positions, base::Duration max_wait) const;
    base::Result<void> read(const std::string& topic, const kafka::FetchResponse::Partition& answer,
                            Records& records);
    base::Result<void> read_batch(const TopicPartition& partition, model::BatchView batch,
                                  int64_t from, Records& records);

    Cluster& cluster_;
    const ConsumerSettings settings_;
    Positions positions_;
    model::Decompressor decompressor_;
    base::MonoTime failing_since_ = base::kNever;
};

}  // namespace polylog::client

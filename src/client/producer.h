#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client/cluster.h"
#include "client/partitioner.h"
#include "client/record.h"
#include "io/scope.h"
#include "model/record.h"

namespace polylog::client {

// What a producer promises, and its bounds.
struct ProducerSettings {
    // -1: durable on every in-sync replica; 1: on the leader; 0: sent, nothing known.
    int16_t acks = -1;
    model::Compression compression = model::Compression::none;
    // Sequence numbers, so that a batch that is sent twice is stored once. Needs acks = -1.
    bool idempotent = true;
    // A batch is sent when it holds this much, or when nothing of its partition is under way.
    size_t batch_max_bytes = size_t{256} << 10;
    // Not acknowledged; beyond it, send() waits.
    size_t buffered_max_bytes = size_t{16} << 20;
    // From the first attempt to send a batch to giving up on it.
    base::Duration delivery_timeout = std::chrono::seconds(120);
    // What the broker may take to replicate a batch.
    base::Duration replication_timeout = std::chrono::seconds(30);
    // Lets a broker that is set up for it create the topic.
    bool may_create_topic = true;
};

// What became of a batch.
struct Acknowledged {
    int32_t partition = 0;
    int64_t base_offset = -1;  // -1: not known, with acks = 0 or a batch that was stored by an
                               // earlier attempt
    size_t records = 0;
    base::MonoTime queued_at{};  // when the batch's first record was given to send()
};

// Writes to one topic, on one shard. Batches of a partition leave one after the other, each only
// when the one before it was acknowledged, so that order holds and a retry repeats exactly what was
// sent: a batch grows while its predecessor is under way. The first batch that fails for good ends
// the producer. Outlives the calls made on it; destroying it drops what was not acknowledged.
class Producer {
public:
    Producer(Cluster& cluster, std::string topic, ProducerSettings settings);

    // Looks the topic up and, when idempotent, gets a producer id. Before the first send().
    io::Task<base::Result<void>> open();
    // Queues a record; waits while too much is unacknowledged. Errors: what ended the producer;
    // invalid_request for a partition that the topic lacks; message_too_large is the broker's to
    // say.
    io::Task<base::Result<void>> send(Record record);
    // Returns when everything queued is acknowledged.
    io::Task<base::Result<void>> flush();

    // Called for each acknowledged batch.
    void on_acknowledged(std::function<void(const Acknowledged&)> callback) {
        on_acknowledged_ = std::move(callback);
    }
    int32_t partition_count() const { return static_cast<int32_t>(queues_.size()); }
    uint64_t records_acknowledged() const { return records_acknowledged_; }

private:
    struct Batch {
        std::vector<Record> records;
        size_t size_bytes = 0;
        base::MonoTime queued_at{};
    };
    struct Queue {
        int32_t partition = 0;
        std::deque<Batch> batches;
        bool draining = false;  // a task sends them
        bool sending = false;   // the front one is under way, hence closed
        int32_t next_sequence = 0;
    };

    io::Task<base::Result<void>> get_producer_id();
    base::Result<Queue*> queue_of(const Record& record);
    void add(Queue& queue, Record record);
    io::Task<void> drain(Queue& queue);
    io::Task<base::Result<void>> deliver(Queue& queue);
    // One attempt; the base offset.
    io::Task<base::Result<int64_t>> produce(int32_t partition, base::Slice batch);
    base::Slice encode(const Queue& queue, const Batch& batch) const;

    Cluster& cluster_;
    const std::string topic_;
    const ProducerSettings settings_;
    std::optional<Partitioner> partitioner_;
    std::vector<Queue> queues_;  // by partition
    model::BatchProducer identity_;
    size_t buffered_bytes_ = 0;
    uint64_t records_acknowledged_ = 0;
    std::optional<base::Error> failure_;
    std::function<void(const Acknowledged&)> on_acknowledged_;
    io::Signal progressed_;
    io::TaskScope scope_;  // last: drains the queues
};

}  // namespace polylog::client

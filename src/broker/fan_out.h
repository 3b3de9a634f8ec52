#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/result.h"
#include "io/scope.h"
#include "io/shard.h"
#include "io/signal.h"
#include "meta/metadata_image.h"
#include "model/message.h"
#include "queue/delivery_ledger.h"
#include "queue/intake.h"
#include "queue/message_reader.h"
#include "replication/partition.h"
#include "routing/subscription.h"

namespace polylog::broker {

// How published messages get into queues. Copied to every shard that has publications.
struct QueueDoor {
    // Stores messages in a queue, in their order, each once however often it is tried with the same
    // hand-off; one result per message, durable where it is a success. Errors: unknown_topic when
    // there is no such queue (or it is another incarnation), and those of queue::Queue::send.
    std::function<io::Task<std::vector<base::Result<void>>>(routing::QueueTarget target,
                                                            std::vector<queue::Send> sends)>
        send;
    // The queue need not recognise these again: they are settled at their source, durably.
    std::function<io::Task<void>(routing::QueueTarget target,
                                 std::vector<queue::HandOff> hand_offs)>
        forget;
};

// Takes the messages of one publication partition to the queues of their recipients, in the order
// of their offsets, a bounded number at a time: handed off to all queues, then settled, both
// durably, so a crash in between repeats hand-offs, which the queues recognise. What a queue
// refuses goes to the subscription's dead-letter queue, or is dropped and counted. While something
// keeps any queue from storing messages it tries again, at growing intervals, for ever; other
// partitions go on meanwhile. Recipients that are no queues are left to others. Lives on the
// partition's shard.
class FanOut {
public:
    struct Parts {
        io::Shard& shard;
        queue::DeliveryLedger& ledger;  // its start is how far the fan-out has come
        std::shared_ptr<replication::Partition> messages;
        model::TopicPartition id;
        // This shard's view of the metadata.
        std::function<meta::ImagePtr()> image;
        QueueDoor door;
    };
    // Since the start of the process.
    struct Statistics {
        uint64_t delivered = 0;      // copies that queues have stored
        uint64_t dead_lettered = 0;  // of those that they refused
        uint64_t dropped = 0;        // refused, without a dead-letter queue that takes them

        Statistics& operator+=(const Statistics& other) {
            delivered += other.delivered;
            dead_lettered += other.dead_lettered;
            dropped += other.dropped;
            return *this;
        }
    };

    explicit FanOut(Parts parts);

    void start() { scope_.spawn(run()); }
    // Whatever is under way is dropped, and taken up again after the next start.
    void stop() { scope_.destroy_all(); }
    const Statistics& statistics() const { return statistics_; }

private:
    // What one subscription gets of one round, in one queue.
    struct Delivery {
        routing::SubscriptionPtr subscription;
        routing::QueueTarget target;
        std::vector<queue::Send> open;
        std::vector<queue::Send> refused;
        std::vector<queue::HandOff> stored;
    };
    using Deliveries = std::map<routing::SubscriptionNumber, Delivery>;
    struct Round {
        model::Offset next;  // behind the last message that was read
        Deliveries deliveries;
    };

    io::Task<void> run();
    io::Task<base::Result<Round>> read_round(model::Offset from);
    size_t add_to(Deliveries& deliveries, const queue::StoredMessage& stored) const;
    queue::Send copy_for(const routing::Subscription& subscription, const meta::Topic& topic,
                         const queue::StoredMessage& stored, bool raw) const;
    io::Task<Deliveries> deliver(Deliveries& deliveries);
    io::Task<void> hand_off_all(Deliveries& deliveries);
    io::Task<bool> hand_off(Delivery& delivery);
    Deliveries dead_letters_of(Deliveries& deliveries);
    io::Task<void> forget(Deliveries& deliveries);

    Parts parts_;
    queue::MessageReader reader_;
    io::Signal news_;
    replication::Partition::Watch watch_;
    Statistics statistics_;
    io::TaskScope scope_;
};

}  // namespace polylog::broker

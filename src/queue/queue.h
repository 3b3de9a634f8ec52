#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "io/scope.h"
#include "io/shard.h"
#include "io/signal.h"
#include "model/message.h"
#include "model/queue_settings.h"
#include "queue/delivery_state.h"
#include "replication/journal.h"
#include "replication/partition.h"

namespace polylog::queue {

// A message to be stored.
struct Send {
    model::Message message;
    std::optional<base::Duration> delay;  // absent: the queue's own
    // Names a hand-off from another queue or topic, so that it is stored once however often it is
    // tried; see Queue::forget_hand_offs.
    std::optional<HandOff> hand_off;
};
// Where a message is; durable.
struct Sent {
    base::Uuid id;  // of the first, where this is a duplicate
    model::Offset offset;
    bool duplicate = false;
};

struct Receive {
    uint32_t messages_max = 1;
    size_t bytes_max = SIZE_MAX;               // the first message comes whatever its size
    std::optional<base::Duration> lease;       // absent: the queue's own
    base::MonoTime deadline{};                 // wait so long for the first one
    std::optional<std::string> attempt_id;     // a repeated call gets the same messages again
};
struct Delivery {
    Lease lease;
    model::Message message;
    DeliveryCounts counts;
    int64_t first_leased_at_ms = 0;  // wall clock
};

// What becomes of a leased message.
struct Settle {
    enum class Outcome : uint8_t { done, release, release_later, extend, reject };
    Lease lease;
    Outcome outcome = Outcome::done;
    base::Duration delay{};  // of release_later and extend
    bool failed = false;     // of release: counts against the message
};

// One partition of a queue: its messages in the log, where each of them stands, and those who wait
// for one. Lives on the partition's shard, with its settlement log (same shard, same group commit).
// Loaded on first use: until load() is done calls wait for it. After close() they answer
// unknown_topic.
class Queue {
public:
    struct Parts {
        std::shared_ptr<replication::Partition> messages;
        std::shared_ptr<replication::Partition> settlements;
        model::TopicPartition id;
    };
    // Takes a message that is given up to its dead-letter queue; durable there when it returns.
    // Called again for the same hand-off until it succeeds.
    using GiveUp = std::function<io::Task<base::Result<void>>(HandOff hand_off, DeathReason reason,
                                                              model::Message message)>;

    Queue(io::Shard& shard, Parts parts, std::shared_ptr<const model::QueueSettings> settings,
          GiveUp give_up);
    ~Queue();

    io::Task<base::Result<void>> load();
    void close();
    void configure(std::shared_ptr<const model::QueueSettings> settings);

    // Durable when it returns; one result per message, stored in their order. Messages of all calls
    // of one turn leave as one batch. Errors: queue_full, message_too_large, those of
    // Partition::append.
    io::Task<std::vector<base::Result<Sent>>> send(std::vector<Send> sends);
    // Empty when nothing came before the deadline. A call that is dropped leaves nothing leased.
    io::Task<base::Result<std::vector<Delivery>>> receive(Receive receive);
    // Durable when it returns; one result per settlement. Errors: lease_lost (the message is with
    // somebody else or ready again; a settlement as done of a queue without order is still
    // accepted), message_gone (settled before, unless as done now), unknown_lease.
    io::Task<std::vector<base::Result<void>>> settle(std::vector<Settle> settles);
    // Settles everything, leased and delayed too; forgets deduplication.
    io::Task<base::Result<void>> purge();
    // Messages from `from` on as they lie there, without leasing them: for people.
    io::Task<base::Result<std::vector<Peeked>>> peek(model::Offset from, uint32_t messages_max);
    // Everything from the first message sent at or after the time is ready again, if it is still
    // kept.
    io::Task<base::Result<void>> seek(int64_t sent_at_ms);

    Depth depth() const;
    // When the oldest message that is not settled was sent; nothing when there is none.
    std::optional<int64_t> oldest_sent_at_ms() const;
};

}  // namespace polylog::queue

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "io/scope.h"
#include "io/shard.h"
#include "model/message.h"
#include "model/topic_config.h"
#include "queue/dead_letters.h"
#include "queue/delivery_ledger.h"
#include "queue/dispatcher.h"
#include "queue/intake.h"
#include "queue/receive_line.h"
#include "replication/partition.h"

namespace polylog::queue {

// What becomes of a leased message.
struct Settle {
    enum class Outcome : uint8_t {
        done,
        release,        // ready at once
        release_later,  // ready after `delay`
        extend,         // leased for `delay` from now on
        reject,         // to the dead-letter queue, where there is one
    };
    Lease lease;
    Outcome outcome = Outcome::done;
    base::Duration delay{};
    bool failed = false;  // of release and release_later: counts against the message
};

// A message as it lies there.
struct Peeked {
    model::Offset offset;
    MessageState state;
    model::Message message;
};

// One partition of a queue: its messages in the log, where each of them stands, and those who wait
// for one. Lives on the partition's shard, with its settlement log (same shard, same group commit).
// Shared by its owner and those who call it: after close() every call answers unknown_topic.
//
// Messages and settlements are durable where a call says so; leases of an ordered queue are durable
// before anybody gets them, others shortly after: a crash may hand such a message out again.
class Queue : public std::enable_shared_from_this<Queue> {
public:
    struct Parts {
        io::Shard& shard;
        std::shared_ptr<replication::Partition> messages;
        std::shared_ptr<replication::Partition> settlements;
        model::TopicPartition id;  // of the messages
    };

    // Whether the queue is ordered is decided by the configuration it is made with.
    Queue(Parts parts, std::shared_ptr<const model::TopicConfig> config,
          DeadLetters::Target target);
    ~Queue() { close(); }

    // To be called once, before anything else. Errors: those of DeliveryLedger::load; then the
    // queue is of no use.
    io::Task<base::Result<void>> load();
    void configure(std::shared_ptr<const model::TopicConfig> config);
    void close();

    // Durable when it returns; one result per message, stored in their order. Messages of all calls
    // of one turn leave together. Errors: queue_full, message_too_large, those of
    // Partition::append.
    io::Task<std::vector<base::Result<Sent>>> send(std::vector<Send> sends);
    // Empty when nothing came before the deadline. A call that is dropped leaves nothing leased.
    // Errors: too_many_leases, those of MessageReader::first_from.
    io::Task<base::Result<std::vector<Delivery>>> receive(Receive receive);
    // Messages that were received and reached nobody: as if they had not been handed out.
    void take_back(const std::vector<Delivery>& deliveries);
    // Durable when it returns; one result per settlement. Errors: lease_lost (the message is with
    // somebody else or ready again; `done` is accepted all the same, but not by an ordered queue),
    // message_gone (settled before, unless it is done with now as well, or on its way to the
    // dead-letter queue), unknown_lease.
    io::Task<std::vector<base::Result<void>>> settle(std::vector<Settle> settles);
    // Settles everything, leased and delayed messages too, and forgets what was a duplicate.
    // Durable when it returns.
    io::Task<base::Result<void>> purge();
    // Everything from the first message sent at or after the time is ready again, as far as it is
    // still stored. Durable when it returns.
    io::Task<base::Result<void>> seek(int64_t sent_at_ms);
    // Messages from `from` on that are not settled, without leasing them: for people.
    io::Task<base::Result<std::vector<Peeked>>> peek(model::Offset from, uint32_t messages_max);

    Depth depth();
    // When the oldest message that is not settled was sent; nothing when there is none.
    io::Task<base::Result<std::optional<int64_t>>> oldest_sent_at_ms();
    // Another queue has settled what it handed off here, durably: it will not try again.
    void forget_hand_offs(const std::vector<HandOff>& hand_offs);
    // The dead-letter queue may take messages again.
    void retry_dead_letters() { dead_letters_.hurry(); }

private:
    base::Result<void> settle_one(const Settle& settle);
    void settle_current(const Settle& settle);
    void release_dead();
    io::Task<void> keep_house();
    io::Task<base::Result<void>> expire_old();
    io::Task<base::Result<void>> delete_settled();

    const Parts parts_;
    std::shared_ptr<const model::TopicConfig> config_;
    const bool ordered_;
    ReceiveLine line_;
    replication::Partition::Watch watch_;  // tells the first in line of new messages
    DeliveryLedger ledger_;
    Intake intake_;
    Dispatcher dispatcher_;
    DeadLetters dead_letters_;
    bool closed_ = false;
    io::TaskScope scope_;
};

}  // namespace polylog::queue

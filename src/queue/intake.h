#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "io/scope.h"
#include "io/shard.h"
#include "io/signal.h"
#include "model/message.h"
#include "model/topic_config.h"
#include "queue/delivery_ledger.h"
#include "replication/partition.h"

namespace polylog::queue {

// A message to be stored.
struct Send {
    model::Message message;               // sent now, where it does not say when
    std::optional<base::Duration> delay;  // absent: the queue's own
    // Names a hand-off from another queue or topic, so that it is stored once however often it is
    // tried. The message's deduplication id is then of no account.
    std::optional<HandOff> hand_off;
};

// Where a message is; durable.
struct Sent {
    base::Uuid id;  // of the first, where this is a duplicate
    model::Offset offset;
    bool duplicate = false;
};

// Takes messages into one queue partition. Those of all calls of one turn become one batch, behind
// the settlements it depends on: delays and the entries that recognise duplicates. A crash may then
// leave an entry without its message, never a message without its entry. Lives on the partition's
// shard.
class Intake {
public:
    struct Parts {
        io::Shard& shard;
        std::shared_ptr<replication::Partition> messages;
        model::TopicPartition id;
        DeliveryLedger& ledger;
    };
    explicit Intake(Parts parts) : parts_(std::move(parts)) {}

    // As Queue::send.
    io::Task<std::vector<base::Result<Sent>>> send(
        std::vector<Send> sends, std::shared_ptr<const model::TopicConfig> config);

private:
    // The messages of one call, and what has become of them.
    struct Call {
        std::vector<Send> sends;
        std::shared_ptr<const model::TopicConfig> config;
        std::vector<base::Result<Sent>> results;
        io::Signal placed;
    };
    // Which of them are in the batch that is being built, or duplicates of one that is.
    struct Placed {
        Call& call;
        size_t index;
    };

    io::Task<void> close_turn();
    void place(Call& call, size_t index);
    base::Result<Sent> place_one(Send& send, const model::TopicConfig& config);
    std::optional<model::Offset> find_original(const Send& send,
                                               const model::QueueSettings& settings);
    void remember(const Send& send, const model::QueueSettings& settings, model::Offset offset);
    base::Result<void> check_room(const Send& send, const model::QueueSettings& settings) const;
    void append_batch();
    base::Result<void> try_append_batch();
    model::Offset next_offset() const;

    Parts parts_;
    std::vector<std::shared_ptr<Call>> calls_;  // of this turn
    model::BatchBuilder batch_;
    std::vector<Placed> placed_;
    io::TaskScope scope_;
};

}  // namespace polylog::queue

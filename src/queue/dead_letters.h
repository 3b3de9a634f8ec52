#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "io/scope.h"
#include "io/shard.h"
#include "io/signal.h"
#include "model/message.h"
#include "queue/delivery_ledger.h"
#include "queue/message_reader.h"
#include "queue/settlement.h"

namespace polylog::queue {

// A message that is given up, for its dead-letter queue.
struct DeadLetter {
    HandOff hand_off;  // names it there, so that it is stored once
    DeathReason reason{};
    DeliveryCounts counts;
    model::Message message;
};

// Takes messages to the dead-letter queue; one result per message, durable there where it is a
// success. Called again for the same hand-off until it succeeds.
using GiveUp = std::function<io::Task<std::vector<base::Result<void>>>(
    std::vector<DeadLetter> letters)>;
// The dead-letter queue need not recognise them again: they are settled here, durably.
using ForgetHandOffs = std::function<io::Task<void>(std::vector<HandOff> hand_offs)>;

// Gives condemned messages of one queue partition to the dead-letter queue, in the order of their
// offsets, a bounded number at a time: handed off, then settled, both durably, so a crash in
// between repeats the hand-off, which is recognised there. While the other queue takes none it
// tries again, at growing intervals, for ever. Lives on the partition's shard.
class DeadLetters {
public:
    struct Parts {
        io::Shard& shard;
        DeliveryLedger& ledger;
        std::shared_ptr<replication::Partition> messages;
        model::TopicPartition id;
    };
    struct Target {
        GiveUp give_up;
        ForgetHandOffs forget;
    };
    DeadLetters(Parts parts, Target target);

    // Begins with what is condemned already.
    void start();
    void stop();
    // There is something new to do, or reason to believe that the target takes letters again.
    void hurry() { news_.notify_all(); }

private:
    io::Task<void> run();
    io::Task<bool> hand_off_some();
    io::Task<base::Result<std::vector<DeadLetter>>> next_letters();
    bool is_dead(model::Offset offset) const;

    Parts parts_;
    const Target target_;
    MessageReader reader_;
    io::Signal news_;
    io::TaskScope scope_;
};

}  // namespace polylog::queue

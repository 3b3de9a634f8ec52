#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "io/mutex.h"
#include "io/task.h"
#include "model/message.h"
#include "model/topic_config.h"
#include "queue/delivery_ledger.h"
#include "queue/group_window.h"
#include "queue/lease.h"
#include "queue/message_reader.h"
#include "queue/receive_line.h"

namespace polylog::queue {

struct Receive {
    uint32_t messages_max = 1;
    size_t bytes_max = SIZE_MAX;          // the first message comes whatever its size
    std::optional<base::Duration> lease;  // absent: the queue's own
    base::MonoTime deadline{};            // wait so long for the first one
};

// A leased message, with whoever receives it.
struct Delivery {
    Lease lease;
    DeliveryCounts counts;  // this lease included
    model::Message message;
};

// Hands messages out, to one receiver at a time in the order in which they came. Messages that are
// not to be delivered any more are condemned or settled on the way. Lives on the partition's shard.
class Dispatcher {
public:
    struct Parts {
        io::Shard& shard;
        DeliveryLedger& ledger;
        std::shared_ptr<replication::Partition> messages;
        model::TopicPartition id;
        ReceiveLine& line;
        std::function<void()> on_condemned;
    };
    // An ordered queue hands out a group's messages one after another.
    Dispatcher(Parts parts, bool ordered);

    // As Queue::receive.
    io::Task<base::Result<std::vector<Delivery>>> receive(
        Receive receive, std::shared_ptr<const model::TopicConfig> config);
    // Gives back the memory of messages read.
    void forget() { reader_.forget(); }

private:
    // What one receiver gets; given back unless it is kept.
    class Taken;
    // What comes next in an ordered queue, as of a version of its groups.
    struct Picked {
        std::deque<model::Offset> offsets;
        uint64_t version = 0;
    };

    io::Task<base::Result<std::vector<Delivery>>> wait_and_take(
        Receive receive, std::shared_ptr<const model::TopicConfig> config);
    io::Task<base::Result<std::vector<Delivery>>> take(
        Receive receive, std::shared_ptr<const model::TopicConfig> config);
    io::Task<base::Result<std::optional<model::Offset>>> pick(Picked& picked, size_t max);
    bool still_next(const Picked& picked, model::Offset offset) const;
    bool deliverable(model::Offset offset, const std::optional<StoredMessage>& stored,
                     const model::QueueSettings& settings);
    void condemn(model::Offset offset, DeathReason reason);

    const Parts parts_;
    MessageReader reader_;
    std::optional<GroupWindow> groups_;
    io::Mutex taking_;
};

}  // namespace polylog::queue

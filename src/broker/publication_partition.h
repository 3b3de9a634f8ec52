#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "broker/fan_out.h"
#include "model/topic_config.h"
#include "queue/delivery_ledger.h"
#include "queue/intake.h"

namespace polylog::broker {

// One partition of a topic with subscribers: takes what is published, and takes it to queues. Its
// settlement log holds how far that has come, and for an ordered topic what was published within
// the last five minutes. Lives on the partition's shard; shared by its owner and those who call it.
class PublicationPartition : public std::enable_shared_from_this<PublicationPartition> {
public:
    struct Parts {
        io::Shard& shard;
        std::shared_ptr<replication::Partition> messages;
        std::shared_ptr<replication::Partition> settlements;
        model::TopicPartition id;
        std::function<meta::ImagePtr()> image;
        QueueDoor door;
    };

    PublicationPartition(Parts parts, const model::TopicConfig& config);
    ~PublicationPartition() { close(); }

    // Once, before anything else; then the fan-out begins where it stopped. Errors: those of
    // queue::DeliveryLedger::load; then the partition is of no use.
    io::Task<base::Result<void>> load();
    void configure(const model::TopicConfig& config);
    void close() { fan_out_.stop(); }

    // Durable when it returns; one result per message, stored in their order. Errors: those of
    // queue::Intake::send.
    io::Task<std::vector<base::Result<queue::Sent>>> publish(std::vector<queue::Send> sends);
    const FanOut::Statistics& statistics() const { return fan_out_.statistics(); }

private:
    io::Signal unused_;  // nobody waits for messages to become ready: the fan-out reads the log
    queue::DeliveryLedger ledger_;
    queue::Intake intake_;
    std::shared_ptr<const model::TopicConfig> intake_config_;
    FanOut fan_out_;
};

}  // namespace polylog::broker

#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "io/task.h"
#include "queue/delivery_ledger.h"
#include "queue/group_order.h"
#include "queue/message_reader.h"
#include "replication/partition.h"

namespace polylog::queue {

// Which messages of an ordered queue come next: looks ahead in the log, as far as GroupOrder's
// window reaches, for messages that are behind no other of their group. Lives on the partition's
// shard.
class GroupWindow : public DeliveryLedger::Observer {
public:
    GroupWindow(DeliveryLedger& ledger, std::shared_ptr<replication::Partition> messages,
                model::TopicPartition id);

    // What to hand out now, at most `max`, in that order; valid as long as version() stays. Errors:
    // those of MessageReader::first_from.
    io::Task<base::Result<std::vector<model::Offset>>> pick(size_t max);
    // Changes when messages become ready that should come before those picked.
    uint64_t version() const { return version_; }

    void held(model::Offset offset) override;
    void ready_again(Range range) override;
    void settled(Range range) override;
    void settled_below(model::Offset offset) override;
    void rewound() override;

private:
    io::Task<base::Result<bool>> scan();

    DeliveryLedger& ledger_;
    MessageReader reader_;
    GroupOrder order_;
    uint64_t version_ = 0;
};

}  // namespace polylog::queue

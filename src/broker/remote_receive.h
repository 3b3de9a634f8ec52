#pragma once

#include <memory>

#include "base/result.h"
#include "io/task.h"
#include "model/ids.h"
#include "queue/dispatcher.h"

namespace polylog::broker {

class ShardBroker;

// Receives messages from a queue partition on the shard that owns it. When the call is dropped
// before its answer, the other shard ends it, and what it had been given is given back there.
// Errors: those of ShardQueues::find and queue::Queue::receive.
io::Task<base::Result<std::vector<queue::Delivery>>> receive_from(ShardBroker& owner,
                                                                  model::TopicPartition id,
                                                                  queue::Receive receive);

// Leases of messages that nobody has been told of end there.
void give_back_to(ShardBroker& owner, model::TopicPartition id,
                  std::vector<queue::Delivery> deliveries);

}  // namespace polylog::broker

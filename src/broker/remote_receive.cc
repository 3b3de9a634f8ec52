#include "broker/remote_receive.h"

#include <optional>
#include <utility>
#include <vector>

#include "broker/shard_broker.h"
#include "io/shard.h"
#include "io/signal.h"

namespace polylog::broker {

using base::Result;
using io::Task;
using model::TopicPartition;
using queue::Delivery;

namespace {

using Received = Result<std::vector<Delivery>>;

Task<Received> receive_here(ShardBroker& owner, TopicPartition id, queue::Receive receive) {
    CO_TRY(const auto queue, co_await owner.queues().find(id));
    co_return co_await queue->receive(std::move(receive));
}

Task<void> take_back(ShardBroker& owner, TopicPartition id, std::vector<Delivery> deliveries) {
    const auto queue = co_await owner.queues().find(id);
    if (queue) (*queue)->take_back(deliveries);
}

// Between who asks and the shard that owns the partition. Each field is touched only by the shard
// it names.
struct Remote {
    Remote(ShardBroker& owning, io::Shard& asking, TopicPartition wanted)
        : owner(owning), origin(asking), id(wanted) {}

    ShardBroker& owner;
    io::Shard& origin;
    const TopicPartition id;
    bool stopped = false;                         // owner: nobody waits any more
    io::TaskScope* receiving = nullptr;           // owner: ends the receive early
    io::Completion<Received>* waiting = nullptr;  // origin: null once who asked is gone
};

Task<void> receive_remotely(std::shared_ptr<Remote> remote, queue::Receive receive) {
    Received received = co_await receive_here(remote->owner, remote->id, std::move(receive));
    io::Shard& origin = remote->origin;
    origin.post([remote = std::move(remote), received = std::move(received)]() mutable {
        if (remote->waiting) return remote->waiting->complete(std::move(received));
        if (!received || received->empty()) return;
        give_back_to(remote->owner, remote->id, std::move(*received));
    });
}

// Holds the receive on the owner's shard until it has ended, or has been stopped.
Task<void> host(std::shared_ptr<Remote> remote, queue::Receive receive) {
    if (remote->stopped) co_return;
    io::TaskScope scope;
    remote->receiving = &scope;
    scope.spawn(receive_remotely(remote, std::move(receive)));
    co_await scope.join();
    remote->receiving = nullptr;
}

// Tells the other shard when whoever asked is gone.
class Asking {
public:
    Asking(std::shared_ptr<Remote> remote, io::Completion<Received>& completion)
        : remote_(std::move(remote)) {
        remote_->waiting = &completion;
    }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;
    ~Asking() {
        remote_->waiting = nullptr;
        io::Shard& shard = remote_->owner.shard();
        shard.post([remote = std::move(remote_)] {
            remote->stopped = true;
            if (remote->receiving) remote->receiving->destroy_all();
        });
    }

private:
    std::shared_ptr<Remote> remote_;
};

}  // namespace

void give_back_to(ShardBroker& owner, TopicPartition id, std::vector<Delivery> deliveries) {
    owner.shard().post([&owner, id, deliveries = std::move(deliveries)]() mutable {
        owner.shard().scope().spawn(take_back(owner, id, std::move(deliveries)));
    });
}

Task<Received> receive_from(ShardBroker& owner, TopicPartition id, queue::Receive receive) {
    io::Shard& here = io::Shard::current();
    if (&owner.shard() == &here) co_return co_await receive_here(owner, id, std::move(receive));
    io::Completion<Received> answer;
    const auto remote = std::make_shared<Remote>(owner, here, id);
    const Asking asking(remote, answer);
    owner.shard().post([remote, receive = std::move(receive)]() mutable {
        io::TaskScope& scope = remote->owner.shard().scope();
        scope.spawn(host(remote, std::move(receive)));
    });
    co_return co_await answer;
}

}  // namespace polylog::broker

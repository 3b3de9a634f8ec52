#include "broker/fetch_wait.h"

#include "broker/shards.h"

namespace polylog::broker {

using io::Task;
using replication::Partition;

// Between a fetch and one other shard. Each field is touched only by the shard it names.
struct FetchWait::Remote {
    ShardBroker& watched;
    io::Shard& origin;
    std::vector<model::TopicPartition> partitions;  // watched shard
    base::MonoTime deadline;                        // watched shard
    io::Signal* stop = nullptr;                     // watched shard: ends the watching task early
    bool stopped = false;                           // watched shard
    FetchWait* wait = nullptr;                      // origin: null once the fetch is gone
};

FetchWait::FetchWait(Shards& shards, const Fetch& fetch) {
    ShardBroker& here = shards.here();
    std::vector<std::vector<model::TopicPartition>> elsewhere(shards.count());
    for (const FetchPart& part : fetch.parts) {
        ShardBroker& owner = shards.owner(part.partition);
        if (&owner != &here) {
            elsewhere[Shards::owner_index(part.partition, shards.count())].push_back(
                part.partition);
        } else if (const auto partition = here.find(part.partition)) {
            partition->watch(watches_.emplace_back(signal_));
        }
    }
    for (size_t index = 0; index < elsewhere.size(); ++index) {
        if (elsewhere[index].empty()) continue;
        auto remote = std::make_shared<Remote>(Remote{.watched = shards.at(index),
                                                      .origin = here.shard(),
                                                      .partitions = std::move(elsewhere[index]),
                                                      .deadline = fetch.deadline,
                                                      .wait = this});
        remotes_.push_back(remote);
        remote->watched.shard().post(
            [remote] { remote->watched.shard().scope().spawn(watch_remotely(remote)); });
    }
}

FetchWait::~FetchWait() {
    for (const std::shared_ptr<Remote>& remote : remotes_) {
        remote->wait = nullptr;
        remote->watched.shard().post([remote] {
            remote->stopped = true;
            if (remote->stop) remote->stop->notify_all();
        });
    }
}

Task<void> FetchWait::watch_remotely(std::shared_ptr<Remote> remote) {
    io::Signal signal;
    std::deque<Partition::Watch> watches;
    for (const model::TopicPartition& id : remote->partitions) {
        if (const auto partition = remote->watched.find(id))
            partition->watch(watches.emplace_back(signal));
    }
    if (remote->stopped) co_return;
    remote->stop = &signal;
    const bool notified = co_await signal.wait_until(remote->deadline);
    remote->stop = nullptr;
    if (!notified || remote->stopped) co_return;
    io::Shard& origin = remote->origin;
    origin.post([remote = std::move(remote)] {
        if (!remote->wait) return;
        remote->wait->changed_ = true;
        remote->wait->signal_.notify_all();
    });
}

Task<void> FetchWait::changed(base::MonoTime deadline) {
    if (!changed_) co_await signal_.wait_until(deadline);
}

}  // namespace polylog::broker

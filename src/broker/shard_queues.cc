#include "broker/shard_queues.h"

#include <algorithm>

#include "base/logging.h"
#include "broker/queues.h"
#include "broker/settlement_log.h"
#include "broker/shard_broker.h"

namespace polylog::broker {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;
using model::TopicPartition;

namespace {

const base::Logger kLogger("broker");

}  // namespace

ShardQueues::ShardQueues(ShardBroker& broker) : broker_(broker) {}

ShardQueues::~ShardQueues() {
    close();
}

Task<Result<ShardQueues::QueuePtr>> ShardQueues::find(TopicPartition id) {
    OpenedPtr opened;
    if (const auto found = opened_.find(id); found != opened_.end()) {
        opened = found->second;
    } else {
        CO_TRY(opened, open(id));
        opened_.emplace(id, opened);
        scope_.spawn(load(opened, id));
    }
    while (!opened->is_loaded) co_await opened->loaded.wait();
    CO_TRY_VOID(opened->load_result);
    co_return opened->queue;
}

Result<ShardQueues::OpenedPtr> ShardQueues::open(TopicPartition id) {
    const auto messages = broker_.find(id);
    const auto topic = broker_.image() ? broker_.image()->find(id.topic) : nullptr;
    if (!messages || !topic) return fail(ErrorCode::unknown_topic);
    if (!topic->config->is_queue)
        return fail(ErrorCode::unknown_topic, "the topic is no queue: polylog.queue is not set");
    auto opened = std::make_shared<Opened>();
    TRY(opened->settlements, open_settlement_log(broker_, *topic, id));
    opened->is_ordered = topic->config->queue.ordered;
    opened->queue = std::make_shared<queue::Queue>(
        queue::Queue::Parts{.shard = broker_.shard(),
                            .messages = messages,
                            .settlements = opened->settlements,
                            .id = id},
        topic->config, target(id.topic));
    return opened;
}

queue::DeadLetters::Target ShardQueues::target(model::TopicId source) {
    return {.give_up =
                [this, source](std::vector<queue::DeadLetter> letters) {
                    if (queues_) return queues_->give_up(source, std::move(letters));
                    return io::ready(
                        std::vector<Result<void>>(letters.size(),
                                                  fail(ErrorCode::leader_not_available)));
                },
            .forget =
                [this, source](std::vector<queue::HandOff> hand_offs) {
                    return queues_->forget_hand_offs(source, std::move(hand_offs));
                }};
}

Task<void> ShardQueues::load(OpenedPtr opened, TopicPartition id) {
    opened->load_result = co_await opened->queue->load();
    opened->is_loaded = true;
    opened->loaded.notify_all();
    if (opened->load_result) co_return;
    kLogger.error("queue_not_loaded", "the settlements of a queue could not be read back",
                  {{"partition", id.partition.value}, {"err", opened->load_result.error()}});
    close(*opened);
    // The next one who asks tries again.
    if (const auto found = opened_.find(id); found != opened_.end() && found->second == opened)
        opened_.erase(found);
}

void ShardQueues::configure(const meta::Topic& topic) {
    for (auto next = opened_.lower_bound({topic.id, {0}}); next != opened_.end();) {
        if (next->first.topic != topic.id) return;
        Opened& opened = *next->second;
        const bool stays = topic.config->is_queue &&
                           topic.config->queue.ordered == opened.is_ordered;
        if (stays) {
            opened.queue->configure(topic.config);
            opened.settlements->configure(settlement_log_config(*topic.config));
            ++next;
        } else {
            close(opened);
            next = opened_.erase(next);
        }
    }
}

Task<void> ShardQueues::drop(TopicPartition id) {
    if (const auto found = opened_.find(id); found != opened_.end()) {
        close(*found->second);
        opened_.erase(found);
    }
    co_await drop_settlement_log(broker_, id);
}

void ShardQueues::close() {
    for (const auto& [id, opened] : opened_) close(*opened);
    opened_.clear();
}

// One that is being loaded finds its log closed, and tells whoever waits for it.
void ShardQueues::close(Opened& opened) {
    opened.queue->close();
    opened.settlements->close();
}

}  // namespace polylog::broker

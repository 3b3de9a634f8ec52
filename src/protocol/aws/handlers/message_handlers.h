#pragma once

#include <boost/intrusive/list.hpp>
#include <map>
#include <vector>

#include "base/metrics.h"
#include "broker/queues.h"
#include "io/scope.h"
#include "io/signal.h"
#include "protocol/aws/dispatcher.h"
#include "protocol/aws/handlers/queue_lookup.h"
#include "protocol/aws/messages/sqs_messages.h"
#include "protocol/aws/receipt_handle.h"

namespace polylog::aws {

// The operations of SQS on messages. Lives on the shard whose dispatcher calls it, and outlives
// that. The handles are good wherever they are given back, so all shards have the same key.
class MessageHandlers {
public:
    // What the handlers of one shard have done with a queue.
    struct Counts {
        uint64_t sent = 0;
        uint64_t duplicates = 0;  // of those sent
        uint64_t received = 0;
        uint64_t empty_receives = 0;
        uint64_t deleted = 0;
    };

    MessageHandlers(broker::Queues& queues, base::Secret receipt_key)
        : queues_(queues), handles_(std::move(receipt_key)) {}
    MessageHandlers(const MessageHandlers&) = delete;
    MessageHandlers& operator=(const MessageHandlers&) = delete;

    void add_to(Dispatcher& dispatcher);
    // Whoever waits for messages is answered now, and nobody waits any more.
    void stop_waiting();
    // Adds what was counted of the queues that there still are.
    void collect(base::MetricsSnapshot& snapshot);

private:
    // Somebody who waits for messages, until there are some or nobody may wait any more. Dropping
    // it drops the call to the queue, which then has leased nothing.
    class Waiting : public boost::intrusive::list_base_hook<
                        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    public:
        using Received = base::Result<std::vector<broker::QueueDelivery>>;

        Waiting(MessageHandlers& handlers, QueuePtr queue, queue::Receive receive);
        // Empty when it was stopped.
        io::Task<Received> received();
        void stop();

    private:
        io::Task<void> wait(io::Task<Received> receive);

        std::optional<Received> received_;
        bool stopped_ = false;
        io::Signal changed_;
        io::TaskScope scope_;  // last: goes first
    };

    io::Task<Answer<sqs::SendMessage::Output>> send(Context& context,
                                                    sqs::SendMessage::Input input);
    io::Task<Answer<sqs::SendMessageBatch::Output>> send_batch(Context& context,
                                                               sqs::SendMessageBatch::Input input);
    io::Task<Answer<sqs::ReceiveMessage::Output>> receive(Context& context,
                                                          sqs::ReceiveMessage::Input input);
    io::Task<Answer<Nothing>> remove(Context& context, sqs::DeleteMessage::Input input);
    io::Task<Answer<sqs::DeleteMessageBatch::Output>> remove_batch(
        Context& context, sqs::DeleteMessageBatch::Input input);
    io::Task<Answer<Nothing>> change_visibility(Context& context,
                                                sqs::ChangeMessageVisibility::Input input);
    io::Task<Answer<sqs::ChangeMessageVisibilityBatch::Output>> change_visibility_batch(
        Context& context, sqs::ChangeMessageVisibilityBatch::Input input);

    io::Task<base::Result<std::vector<broker::QueueDelivery>>> wait_for_messages(
        QueuePtr queue, queue::Receive receive);
    io::Task<std::vector<base::Result<broker::QueueSent>>> store(QueuePtr queue,
                                                                 std::vector<queue::Send> sends);
    Answer<broker::QueueSettle> settle_of(const meta::Topic& queue, std::string_view handle,
                                          queue::Settle::Outcome outcome) const;
    Answer<broker::QueueSettle> visibility_of(const meta::Topic& queue, std::string_view handle,
                                              int32_t seconds) const;
    // Each message by itself, whatever becomes of the others; one answer per message, in order.
    io::Task<std::vector<Answer<void>>> settle(QueuePtr queue,
                                               std::vector<Answer<broker::QueueSettle>> settles);

    broker::Queues& queues_;
    const ReceiptHandles handles_;
    std::map<model::TopicId, Counts> counts_;
    bool stopping_ = false;
    boost::intrusive::list<Waiting, boost::intrusive::constant_time_size<false>> waiting_;
};

}  // namespace polylog::aws

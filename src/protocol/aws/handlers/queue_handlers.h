#pragma once

#include <functional>
#include <string>
#include <vector>

#include "broker/queues.h"
#include "protocol/aws/dispatcher.h"
#include "protocol/aws/handlers/queue_lookup.h"
#include "protocol/aws/messages/sqs_queues.h"

namespace polylog::aws {

// The operations of SQS on queues themselves. Lives on the shard whose dispatcher calls it, and
// outlives that.
class QueueHandlers {
public:
    explicit QueueHandlers(broker::Queues& queues) : queues_(queues) {}
    QueueHandlers(const QueueHandlers&) = delete;
    QueueHandlers& operator=(const QueueHandlers&) = delete;

    void add_to(Dispatcher& dispatcher);

private:
    io::Task<Answer<sqs::CreateQueue::Output>> create(Context& context,
                                                      sqs::CreateQueue::Input input);
    io::Task<Answer<Nothing>> remove(Context& context, sqs::DeleteQueue::Input input);
    io::Task<Answer<sqs::GetQueueUrl::Output>> get_url(Context& context,
                                                       sqs::GetQueueUrl::Input input);
    io::Task<Answer<sqs::ListQueues::Output>> list(Context& context, sqs::ListQueues::Input input);
    io::Task<Answer<sqs::GetQueueAttributes::Output>> get_attributes(
        Context& context, sqs::GetQueueAttributes::Input input);
    io::Task<Answer<Nothing>> set_attributes(Context& context,
                                             sqs::SetQueueAttributes::Input input);
    io::Task<Answer<Nothing>> purge(Context& context, sqs::PurgeQueue::Input input);
    io::Task<Answer<Nothing>> tag(Context& context, sqs::TagQueue::Input input);
    io::Task<Answer<Nothing>> untag(Context& context, sqs::UntagQueue::Input input);
    io::Task<Answer<sqs::ListQueueTags::Output>> list_tags(Context& context,
                                                           sqs::ListQueueTags::Input input);
    io::Task<Answer<Nothing>> allow(Context& context, sqs::AddPermission::Input input);
    io::Task<Answer<Nothing>> disallow(Context& context, sqs::RemovePermission::Input input);
    io::Task<Answer<sqs::ListDeadLetterSourceQueues::Output>> list_sources(
        Context& context, sqs::ListDeadLetterSourceQueues::Input input);

    io::Task<Answer<QueuePtr>> create_new(std::string name, model::QueueSettings settings,
                                          StringMap<std::string> attributes);
    Answer<void> check_dead_letters(const model::QueueSettings& settings,
                                    std::string_view name) const;
    // Gives a queue other settings, as of now.
    io::Task<Answer<Nothing>> change(QueuePtr queue, model::QueueSettings settings);

    broker::Queues& queues_;
};

}  // namespace polylog::aws

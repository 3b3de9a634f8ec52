#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/queue_settings.h"
#include "protocol/aws/fault.h"
#include "protocol/aws/messages/sns_subscriptions.h"
#include "protocol/aws/messages/sqs_messages.h"

// What fails a batch as a whole, in the order in which SQS looks at it.
namespace polylog::aws {

constexpr size_t kBatchEntriesMax = 10;
// Of all its messages. SQS developer guide, "Message quotas".
constexpr size_t kBatchBytesMax = 1 << 20;

// `entry_type` is "SendMessageBatchRequestEntry". Errors: empty_batch_request,
// too_many_entries_in_batch_request, invalid_batch_entry_id, batch_entry_ids_not_distinct.
Answer<void> check_batch_ids(const std::vector<std::string_view>& ids, std::string_view entry_type);
// The same for the entries of any batch.
template <class Entry>
Answer<void> check_batch(const std::vector<Entry>& entries, std::string_view entry_type) {
    std::vector<std::string_view> ids;
    for (const Entry& entry : entries) ids.push_back(entry.id);
    return check_batch_ids(ids, entry_type);
}
// Of a batch of messages, with what an ordered queue demands of each and the size of all. Errors:
// also missing_parameter, invalid_parameter_value, batch_request_too_long.
Answer<void> check_send_batch(const std::vector<sqs::SendMessageBatch::Entry>& entries,
                              const model::QueueSettings& queue);

// How a fault of one entry stands in the answer.
sqs::BatchFailure failed_entry(std::string id, const Fault& fault);
sns::PublishBatch::Failure failed_publish(std::string id, const Fault& fault);

}  // namespace polylog::aws

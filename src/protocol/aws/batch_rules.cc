#include "protocol/aws/batch_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "protocol/aws/answers.h"
#include "protocol/aws/message_rules.h"

namespace polylog::aws {

namespace {

constexpr size_t kIdBytesMax = 80;

bool is_entry_id(std::string_view id) {
    return !id.empty() && id.size() <= kIdBytesMax && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

}  // namespace

Answer<void> check_batch_ids(const std::vector<std::string_view>& ids,
                             std::string_view entry_type) {
    if (ids.empty()) {
        return refuse(FaultKind::empty_batch_request,
                      fmt::format("There should be at least one {} in the request.", entry_type));
    }
    if (ids.size() > kBatchEntriesMax) {
        return refuse(FaultKind::too_many_entries_in_batch_request,
                      fmt::format("Maximum number of entries per request are {}. You have sent {}.",
                                  kBatchEntriesMax, ids.size()));
    }
    if (!std::ranges::all_of(ids, is_entry_id)) {
        return refuse(FaultKind::invalid_batch_entry_id,
                      "A batch entry id can only contain alphanumeric characters, hyphens and "
                      "underscores. It can be at most 80 letters long.");
    }
    std::set<std::string_view> seen;
    for (const std::string_view id : ids) {
        if (seen.insert(id).second) continue;
        return refuse(FaultKind::batch_entry_ids_not_distinct, fmt::format("Id {} repeated.", id));
    }
    return {};
}

Answer<void> check_send_batch(const std::vector<sqs::SendMessageBatch::Entry>& entries,
                              const model::QueueSettings& queue) {
    TRY_VOID(check_batch(entries, "SendMessageBatchRequestEntry"));
    size_t batch_bytes = 0;
    for (const auto& entry : entries) {
        if (queue.ordered) TRY_VOID(check_ordering(entry.message, queue));
        batch_bytes += size_bytes(entry.message);
    }
    if (batch_bytes > kBatchBytesMax) {
        return refuse(FaultKind::batch_request_too_long,
                      fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} "
                                  "bytes.",
                                  kBatchBytesMax, batch_bytes));
    }
    return {};
}

sqs::BatchFailure failed_entry(std::string id, const Fault& fault) {
    const FaultForm& form = form_of(fault.kind, Service::sqs);
    return {.id = std::move(id),
            .sender_fault = form.sender,
            .code = std::string(form.code),
            .message = std::string(message_of(fault, Service::sqs, AnswerForm::json))};
}

sns::PublishBatch::Failure failed_publish(std::string id, const Fault& fault) {
    const FaultForm& form = form_of(fault.kind, Service::sns);
    return {.id = std::move(id),
            .code = std::string(form.code),
            .message = std::string(message_of(fault, Service::sns, AnswerForm::xml)),
            .sender_fault = form.sender};
}

}  // namespace polylog::aws

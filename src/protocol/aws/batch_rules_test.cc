#include "protocol/aws/batch_rules.h"

#include <gtest/gtest.h>

namespace polylog::aws {
namespace {

using Entry = sqs::SendMessageBatch::Entry;

Fault fault_of(const std::vector<Entry>& entries, bool ordered = false) {
    model::QueueSettings queue;
    queue.ordered = ordered;
    const auto checked = check_send_batch(entries, queue);
    return checked ? Fault(FaultKind::internal_failure, "no fault") : checked.error();
}

Entry entry(std::string id, size_t body_bytes = 1) {
    return {.id = std::move(id), .message = {.body = std::string(body_bytes, 'b')}};
}

TEST(BatchRules, AreThoseOfSqsInItsWords) {
    EXPECT_EQ(fault_of({}),
              Fault(FaultKind::empty_batch_request,
                    "There should be at least one SendMessageBatchRequestEntry in the request."));
    EXPECT_EQ(fault_of(std::vector<Entry>(20)),
              Fault(FaultKind::too_many_entries_in_batch_request,
                    "Maximum number of entries per request are 10. You have sent 20."));
    EXPECT_EQ(fault_of({entry("a"), entry("a b")}),
              Fault(FaultKind::invalid_batch_entry_id,
                    "A batch entry id can only contain alphanumeric characters, hyphens and "
                    "underscores. It can be at most 80 letters long."));
    EXPECT_EQ(fault_of({entry(std::string(81, 'a'))}).kind, FaultKind::invalid_batch_entry_id);
    EXPECT_EQ(fault_of({entry("")}).kind, FaultKind::invalid_batch_entry_id);
    EXPECT_EQ(fault_of({entry("a"), entry("b"), entry("a")}),
              Fault(FaultKind::batch_entry_ids_not_distinct, "Id a repeated."));
    EXPECT_EQ(fault_of({entry("a", 1 << 20), entry("b")}),
              Fault(FaultKind::batch_request_too_long,
                    "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 "
                    "bytes."));
    EXPECT_EQ(fault_of({entry("a-B_9"), entry("b", (1 << 20) - 1)}).message, "no fault");
}

TEST(BatchRules, FailABatchOfAnOrderedQueueWhenAnyEntryLacksItsIds) {
    Entry good = entry("a");
    good.message.group_id = "g";
    good.message.deduplication_id = "d";
    EXPECT_EQ(fault_of({good, entry("b", 2 << 20)}, true),
              Fault(FaultKind::missing_parameter,
                    "The request must contain the parameter MessageGroupId."));
    EXPECT_EQ(fault_of({good}, true).message, "no fault");
}

TEST(BatchRules, WriteTheFaultOfAnEntryIntoTheAnswer) {
    const Fault fault(FaultKind::invalid_parameter_value, "why");
    const sqs::BatchFailure failed = failed_entry("a", fault);
    EXPECT_EQ(failed.id, "a");
    EXPECT_EQ(failed.code, "InvalidParameterValue");
    EXPECT_EQ(failed.message, "why");
    EXPECT_TRUE(failed.sender_fault);
    EXPECT_EQ(failed_publish("a", fault).code, "InvalidParameter");
    EXPECT_FALSE(failed_entry("a", FaultKind::service_unavailable).sender_fault);
}

}  // namespace
}  // namespace polylog::aws

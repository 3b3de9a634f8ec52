#include "client/producer.h"

#include <fmt/format.h>

#include "client/errors.h"
#include "protocol/kafka/messages/init_producer_id.h"
#include "protocol/kafka/messages/produce.h"

namespace polylog::client {

using base::ErrorCode;
using base::Result;
using io::Task;

namespace {

// Above it, Produce names topics by their id.
constexpr int16_t kLastVersionByName = 12;
constexpr base::Duration kRetryPause = std::chrono::milliseconds(100);

std::optional<base::Bytes> bytes_of(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    return base::as_bytes(*text);
}

}  // namespace

Producer::Producer(Cluster& cluster, std::string topic, ProducerSettings settings)
    : cluster_(cluster), topic_(std::move(topic)), settings_(settings) {}

Task<Result<void>> Producer::open() {
    CO_TRY(const int32_t count,
           co_await cluster_.partition_count(topic_, settings_.may_create_topic));
    if (count <= 0) co_return base::fail(ErrorCode::unknown_topic, topic_);
    queues_.resize(static_cast<size_t>(count));
    for (int32_t i = 0; i < count; ++i) queues_[static_cast<size_t>(i)].partition = i;
    partitioner_.emplace(count, cluster_.env().random);
    if (settings_.idempotent && settings_.acks == -1) {
        CO_TRY_VOID(co_await get_producer_id());
    }
    co_return Result<void>();
}

Task<Result<void>> Producer::get_producer_id() {
    CO_TRY(const ConnectionRef connection, co_await cluster_.any());
    CO_TRY(const auto response, co_await connection->call(kafka::InitProducerIdRequest{}));
    CO_TRY_VOID(check(response.error_code));
    identity_.id = {response.producer_id};
    identity_.epoch = {response.producer_epoch};
    co_return Result<void>();
}

Task<Result<void>> Producer::send(Record record) {
    CHECK(partitioner_.has_value());
    while (!failure_ && buffered_bytes_ >= settings_.buffered_max_bytes)
        co_await progressed_.wait();
    if (failure_) co_return base::fail(*failure_);
    CO_TRY(Queue* const queue, queue_of(record));
    add(*queue, std::move(record));
    if (!queue->draining) {
        queue->draining = true;
        scope_.spawn(drain(*queue));
    }
    co_return Result<void>();
}

Result<Producer::Queue*> Producer::queue_of(const Record& record) {
    const int32_t partition = record.partition ? *record.partition
                                               : partitioner_->partition_of(bytes_of(record.key));
    if (partition < 0 || partition >= partition_count()) {
        return base::fail(ErrorCode::invalid_request,
                          fmt::format("topic '{}' has partitions 0 to {}, not {}", topic_,
                                      partition_count() - 1, partition));
    }
    return &queues_[static_cast<size_t>(partition)];
}

void Producer::add(Queue& queue, Record record) {
    const size_t size_bytes = record.size_bytes();
    const bool front_is_closed = queue.sending && queue.batches.size() == 1;
    const bool fits = !queue.batches.empty() && !front_is_closed &&
                      queue.batches.back().size_bytes + size_bytes <= settings_.batch_max_bytes;
    if (!fits) queue.batches.emplace_back().queued_at = cluster_.env().clock.now();
    if (!record.timestamp_ms) record.timestamp_ms = base::to_unix_ms(cluster_.env().clock.wall());
    queue.batches.back().size_bytes += size_bytes;
    queue.batches.back().records.push_back(std::move(record));
    buffered_bytes_ += size_bytes;
}

// Starts with the turn's end, so that everything the caller queues without waiting shares a batch.
Task<void> Producer::drain(Queue& queue) {
    co_await io::end_of_turn();
    while (!failure_ && !queue.batches.empty()) {
        queue.sending = true;
        partitioner_->batch_left(queue.partition);
        const Result<void> result = co_await deliver(queue);
        queue.sending = false;
        if (!result && !failure_) failure_ = result.error();
        progressed_.notify_all();
    }
    queue.draining = false;
}

// The batch at the front, until it is acknowledged. Its bytes are made once: a retry has to repeat
// them.
Task<Result<void>> Producer::deliver(Queue& queue) {
    const base::MonoTime give_up = cluster_.env().clock.now() + settings_.delivery_timeout;
    const Batch& batch = queue.batches.front();
    const base::Slice bytes = encode(queue, batch);
    Result<int64_t> offset = base::fail(ErrorCode::internal);
    while (true) {
        offset = co_await produce(queue.partition, bytes);
        if (offset) break;
        // Without sequence numbers, a batch whose answer was lost may be there already.
        const ErrorCode code = offset.error().code();
        const bool unknown_outcome = code == ErrorCode::timed_out || code == ErrorCode::closed;
        const bool repeatable = is_retriable(code) &&
                                (!unknown_outcome || identity_.id != model::kNoProducer);
        if (!repeatable || cluster_.env().clock.now() >= give_up)
            co_return base::fail(offset.error());
        if (is_stale_metadata(code)) cluster_.forget_leaders(topic_);
        co_await io::sleep_for(kRetryPause);
    }
    const Acknowledged acknowledged{.partition = queue.partition,
                                    .base_offset = *offset,
                                    .records = batch.records.size(),
                                    .queued_at = batch.queued_at};
    queue.next_sequence = static_cast<int32_t>(
        (static_cast<uint32_t>(queue.next_sequence) + batch.records.size()) & 0x7fffffffU);
    buffered_bytes_ -= batch.size_bytes;
    records_acknowledged_ += batch.records.size();
    queue.batches.pop_front();
    if (on_acknowledged_) on_acknowledged_(acknowledged);
    co_return Result<void>();
}

Task<Result<int64_t>> Producer::produce(int32_t partition, base::Slice batch) {
    TopicPartition target{topic_, partition};
    CO_TRY(const ConnectionRef connection, co_await cluster_.leader(std::move(target)));
    kafka::ProduceRequest request;
    request.acks = settings_.acks;
    request.timeout_ms = static_cast<int32_t>(base::to_ms(settings_.replication_timeout));
    kafka::ProduceRequest::Topic topic{.name = topic_, .topic_id = {}, .partition_data = {}};
    topic.partition_data.push_back(
        {.index = partition, .records = kafka::Records(std::move(batch))});
    request.topic_data.push_back(std::move(topic));
    const CallSettings call{.max_version = kLastVersionByName,
                            .patience = settings_.replication_timeout};
    if (settings_.acks == 0) {
        CO_TRY_VOID(co_await connection->send(std::move(request), call));
        co_return -1;
    }
    CO_TRY(const auto response, co_await connection->call(std::move(request), call));
    if (response.responses.size() != 1 || response.responses[0].partition_responses.size() != 1) {
        co_return base::fail(ErrorCode::invalid_request,
                             "the broker's answer is about something else");
    }
    const auto& answer = response.responses[0].partition_responses[0];
    // The broker has the batch from an attempt whose answer was lost.
    if (answer.error_code == kafka::ApiError::duplicate_sequence_number) co_return -1;
    CO_TRY_VOID(check(answer.error_code, answer.error_message));
    co_return answer.base_offset;
}

base::Slice Producer::encode(const Queue& queue, const Batch& batch) const {
    model::BatchProducer producer = identity_;
    if (producer.id != model::kNoProducer) producer.base_sequence = queue.next_sequence;
    model::BatchBuilder builder(settings_.compression, producer);
    for (const Record& record : batch.records) {
        model::RecordInput input{.timestamp_ms = record.timestamp_ms.value_or(0),
                                 .key = bytes_of(record.key),
                                 .value = bytes_of(record.value),
                                 .headers = {}};
        for (const Header& header : record.headers) {
            input.headers.push_back({.key = header.key, .value = bytes_of(header.value)});
        }
        builder.add(input);
    }
    return base::Slice(builder.build());
}

Task<Result<void>> Producer::flush() {
    while (!failure_ && buffered_bytes_ > 0) co_await progressed_.wait();
    if (failure_) co_return base::fail(*failure_);
    co_return Result<void>();
}

}  // namespace polylog::client

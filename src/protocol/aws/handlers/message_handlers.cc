#include "protocol/aws/handlers/message_handlers.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/aws/batch_rules.h"
#include "protocol/aws/handlers/message_mapping.h"
#include "protocol/aws/message_rules.h"

namespace polylog::aws {

using base::ErrorCode;
using base::Result;
using broker::QueueDelivery;
using broker::QueueSent;
using broker::QueueSettle;
using io::Task;
using model::QueueSettings;
using Outcome = queue::Settle::Outcome;

namespace {

constexpr base::MetricSpec kSent{.name = "polylog_sqs_sent_total",
                                 .help = "Messages that a queue took, without duplicates."};
constexpr base::MetricSpec kDeduplicated{.name = "polylog_sqs_deduplicated_total",
                                         .help = "Messages that were sent again."};
constexpr base::MetricSpec kReceived{.name = "polylog_sqs_received_total",
                                     .help = "Messages handed out, each time."};
constexpr base::MetricSpec kEmptyReceives{.name = "polylog_sqs_empty_receives_total",
                                          .help = "Requests for messages when there were none."};
constexpr base::MetricSpec kDeleted{.name = "polylog_sqs_deleted_total",
                                    .help = "Messages that their receivers have deleted."};

// In the words of SQS, which quote the handle.
Fault settle_fault(const base::Error& error, Outcome outcome, std::string_view handle) {
    const auto invalid = [handle](std::string_view reason) {
        return Fault(FaultKind::invalid_parameter_value,
                     fmt::format("Value {} for parameter ReceiptHandle is invalid. Reason: {}",
                                 handle, reason));
    };
    if (error == ErrorCode::unknown_lease) {
        return Fault(FaultKind::receipt_handle_is_invalid,
                     fmt::format("The input receipt handle \"{}\" is not a valid receipt handle.",
                                 handle));
    }
    if (outcome == Outcome::done) {
        if (error == ErrorCode::lease_lost) return invalid("The receipt handle has expired.");
    } else if (error == ErrorCode::message_gone) {
        return invalid("Message does not exist or is not available for visibility timeout change.");
    }
    return Fault(error);
}

// What is asked for in ReceiveMessage, and what the queue says about the rest.
queue::Receive receive_of(const sqs::ReceiveMessage::Input& input, const QueueSettings& settings) {
    queue::Receive receive{.messages_max = static_cast<uint32_t>(input.messages_max.value_or(1))};
    if (input.visibility_timeout_seconds) {
        receive.lease = std::chrono::seconds(*input.visibility_timeout_seconds);
    }
    const base::Duration wait = input.wait_time_seconds
                                    ? base::Duration(std::chrono::seconds(*input.wait_time_seconds))
                                    : settings.lease_wait;
    receive.deadline = io::Shard::current().now() + wait;
    return receive;
}

AskedFor asked_for(sqs::ReceiveMessage::Input input) {
    AskedFor names{.system_attributes = std::move(input.system_attribute_names),
                   .message_attributes = std::move(input.message_attribute_names)};
    std::ranges::move(input.attribute_names, std::back_inserter(names.system_attributes));
    return names;
}

sqs::SendMessageBatch::Sent sent_entry(std::string id, sqs::SendMessage::Output output) {
    return {.id = std::move(id),
            .message_id = *std::move(output.message_id),
            .md5_of_body = *std::move(output.md5_of_body),
            .md5_of_attributes = std::move(output.md5_of_attributes),
            .md5_of_system_attributes = std::move(output.md5_of_system_attributes),
            .sequence_number = std::move(output.sequence_number)};
}

// The answers to a batch's entries, in their order.
template <class Output, class Entry>
Output batch_output(std::vector<Entry>& entries, const std::vector<Answer<void>>& answers) {
    Output output;
    for (size_t i = 0; i < entries.size(); ++i) {
        if (answers[i]) {
            output.successful.push_back({std::move(entries[i].id)});
        } else {
            output.failed.push_back(failed_entry(std::move(entries[i].id), answers[i].error()));
        }
    }
    return output;
}

}  // namespace

void MessageHandlers::add_to(Dispatcher& dispatcher) {
    dispatcher.on<sqs::SendMessage>(this, &MessageHandlers::send);
    dispatcher.on<sqs::SendMessageBatch>(this, &MessageHandlers::send_batch);
    dispatcher.on<sqs::ReceiveMessage>(this, &MessageHandlers::receive);
    dispatcher.on<sqs::DeleteMessage>(this, &MessageHandlers::remove);
    dispatcher.on<sqs::DeleteMessageBatch>(this, &MessageHandlers::remove_batch);
    dispatcher.on<sqs::ChangeMessageVisibility>(this, &MessageHandlers::change_visibility);
    dispatcher.on<sqs::ChangeMessageVisibilityBatch>(this,
                                                     &MessageHandlers::change_visibility_batch);
}

MessageHandlers::Waiting::Waiting(MessageHandlers& handlers, QueuePtr queue,
                                  queue::Receive receive) {
    handlers.waiting_.push_back(*this);
    scope_.spawn(wait(handlers.queues_.receive(std::move(queue), std::move(receive))));
}

Task<void> MessageHandlers::Waiting::wait(Task<Received> receive) {
    received_ = co_await std::move(receive);
    changed_.notify_all();
}

Task<MessageHandlers::Waiting::Received> MessageHandlers::Waiting::received() {
    while (!received_ && !stopped_) co_await changed_.wait();
    if (!received_) co_return std::vector<QueueDelivery>();
    co_return *std::move(received_);
}

void MessageHandlers::Waiting::stop() {
    stopped_ = true;
    changed_.notify_all();
}

void MessageHandlers::stop_waiting() {
    stopping_ = true;
    for (Waiting& waiting : waiting_) waiting.stop();
}

void MessageHandlers::collect(base::MetricsSnapshot& snapshot) {
    std::map<model::TopicId, std::string> names;
    for (const QueuePtr& queue : queues_.list()) names.emplace(queue->id, queue->name);
    std::erase_if(counts_, [&names](const auto& each) { return !names.contains(each.first); });
    for (const auto& [id, counts] : counts_) {
        const base::MetricLabels labels{{"queue", names[id]}};
        const auto add = [&](const base::MetricSpec& spec, uint64_t count) {
            snapshot.add_counter(spec, labels, static_cast<double>(count));
        };
        add(kSent, counts.sent);
        add(kDeduplicated, counts.duplicates);
        add(kReceived, counts.received);
        add(kEmptyReceives, counts.empty_receives);
        add(kDeleted, counts.deleted);
    }
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<sqs::SendMessage::Output>> MessageHandlers::send(Context& context,
                                                             sqs::SendMessage::Input input) {
    CO_TRY(const QueuePtr queue, find_queue(queues_, input.queue_url));
    const QueueSettings& settings = queue->config->queue;
    CO_TRY_VOID(check_message(input.message, settings));
    std::vector<queue::Send> sends;
    sends.push_back(send_of(context, input.message, settings));
    auto stored = co_await store(queue, std::move(sends));
    CO_TRY(const QueueSent sent, std::move(stored.front()));
    co_return sent_output(input.message, settings, sent);
}

Task<std::vector<Result<QueueSent>>> MessageHandlers::store(QueuePtr queue,
                                                            std::vector<queue::Send> sends) {
    const model::TopicId id = queue->id;
    auto stored = co_await queues_.send(std::move(queue), std::move(sends));
    Counts& counts = counts_[id];
    for (const Result<QueueSent>& sent : stored) {
        if (!sent) continue;
        ++(sent->duplicate ? counts.duplicates : counts.sent);
    }
    co_return stored;
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<sqs::SendMessageBatch::Output>> MessageHandlers::send_batch(
    Context& context, sqs::SendMessageBatch::Input input) {
    CO_TRY(const QueuePtr queue, find_queue(queues_, input.queue_url));
    const QueueSettings& settings = queue->config->queue;
    CO_TRY_VOID(check_send_batch(input.entries, settings));
    sqs::SendMessageBatch::Output output;
    std::vector<sqs::SendMessageBatch::Entry*> good;
    std::vector<queue::Send> sends;
    for (auto& entry : input.entries) {
        if (const auto checked = check_message(entry.message, settings); !checked) {
            output.failed.push_back(failed_entry(entry.id, checked.error()));
            continue;
        }
        good.push_back(&entry);
        sends.push_back(send_of(context, entry.message, settings));
    }
    const auto stored = co_await store(queue, std::move(sends));
    for (size_t i = 0; i < good.size(); ++i) {
        if (stored[i]) {
            output.successful.push_back(
                sent_entry(good[i]->id, sent_output(good[i]->message, settings, *stored[i])));
        } else {
            output.failed.push_back(failed_entry(good[i]->id, stored[i].error()));
        }
    }
    co_return output;
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<sqs::ReceiveMessage::Output>> MessageHandlers::receive(
    Context& context, sqs::ReceiveMessage::Input input) {
    CO_TRY(const QueuePtr queue, find_queue(queues_, input.queue_url));
    CO_TRY_VOID(check_receive(input));
    const QueueSettings& settings = queue->config->queue;
    auto received = co_await wait_for_messages(queue, receive_of(input, settings));
    // An ordered queue with that many leased messages looks empty.
    if (!received && received.error() == ErrorCode::too_many_leases && settings.ordered) {
        received = std::vector<QueueDelivery>();
    }
    CO_TRY(const auto deliveries, std::move(received));
    Counts& counts = counts_[queue->id];
    if (deliveries.empty()) ++counts.empty_receives;
    counts.received += deliveries.size();
    const AskedFor names = asked_for(std::move(input));
    sqs::ReceiveMessage::Output output;
    for (const auto& [partition, delivery] : deliveries) {
        output.messages.push_back(received_message(context, settings, delivery, names));
        output.messages.back().receipt_handle = handles_.seal(
            {.queue = queue->id.value,
             .partition = partition,
             .offset = delivery.lease.offset,
             .attempt = delivery.lease.attempt.value});
    }
    co_return output;
}

Task<Result<std::vector<QueueDelivery>>> MessageHandlers::wait_for_messages(
    QueuePtr queue, queue::Receive receive) {
    if (stopping_) receive.deadline = io::Shard::current().now();
    Waiting waiting(*this, std::move(queue), std::move(receive));
    co_return co_await waiting.received();
}

Answer<QueueSettle> MessageHandlers::settle_of(const meta::Topic& queue, std::string_view handle,
                                               Outcome outcome) const {
    TRY(const Receipt receipt, handles_.open(handle, queue.id.value));
    return QueueSettle{.partition = receipt.partition,
                       .settle = {.lease = {.offset = receipt.offset,
                                            .attempt = queue::Attempt{receipt.attempt}},
                                  .outcome = outcome}};
}

Answer<QueueSettle> MessageHandlers::visibility_of(const meta::Topic& queue,
                                                   std::string_view handle, int32_t seconds) const {
    TRY_VOID(check_visibility_timeout(seconds));
    TRY(QueueSettle settle,
        settle_of(queue, handle, seconds == 0 ? Outcome::release : Outcome::extend));
    settle.settle.delay = std::chrono::seconds(seconds);
    return settle;
}

Task<std::vector<Answer<void>>> MessageHandlers::settle(QueuePtr queue,
                                                        std::vector<Answer<QueueSettle>> settles) {
    std::vector<QueueSettle> good;
    for (const auto& settle : settles) {
        if (settle) good.push_back(*settle);
    }
    const auto settled = co_await queues_.settle(queue, std::move(good));
    std::vector<Answer<void>> answers;
    auto next = settled.begin();
    for (const auto& settle : settles) {
        if (!settle) {
            answers.push_back(base::fail(settle.error()));
            continue;
        }
        const Result<void>& result = *next++;
        if (result) {
            if (settle->settle.outcome == Outcome::done) ++counts_[queue->id].deleted;
            answers.emplace_back();
            continue;
        }
        const queue::Lease& lease = settle->settle.lease;
        const std::string handle = handles_.seal({.queue = queue->id.value,
                                                  .partition = settle->partition,
                                                  .offset = lease.offset,
                                                  .attempt = lease.attempt.value});
        answers.push_back(base::fail(settle_fault(result.error(), settle->settle.outcome, handle)));
    }
    co_return answers;
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<Nothing>> MessageHandlers::remove(Context&, sqs::DeleteMessage::Input input) {
    CO_TRY(const QueuePtr queue, find_queue(queues_, input.queue_url));
    std::vector<Answer<QueueSettle>> one{settle_of(*queue, input.receipt_handle, Outcome::done)};
    const auto answers = co_await settle(queue, std::move(one));
    CO_TRY_VOID(answers.front());
    co_return Nothing();
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<sqs::DeleteMessageBatch::Output>> MessageHandlers::remove_batch(
    Context&, sqs::DeleteMessageBatch::Input input) {
    CO_TRY(const QueuePtr queue, find_queue(queues_, input.queue_url));
    CO_TRY_VOID(check_batch(input.entries, "DeleteMessageBatchRequestEntry"));
    std::vector<Answer<QueueSettle>> settles;
    for (const auto& entry : input.entries) {
        settles.push_back(settle_of(*queue, entry.receipt_handle, Outcome::done));
    }
    const auto answers = co_await settle(queue, std::move(settles));
    co_return batch_output<sqs::DeleteMessageBatch::Output>(input.entries, answers);
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<Nothing>> MessageHandlers::change_visibility(
    Context&, sqs::ChangeMessageVisibility::Input input) {
    CO_TRY(const QueuePtr queue, find_queue(queues_, input.queue_url));
    std::vector<Answer<QueueSettle>> one{
        visibility_of(*queue, input.receipt_handle, input.visibility_timeout_seconds)};
    const auto answers = co_await settle(queue, std::move(one));
    CO_TRY_VOID(answers.front());
    co_return Nothing();
}

// coroutine-safe: the dispatcher keeps the context until the handler is done
Task<Answer<sqs::ChangeMessageVisibilityBatch::Output>> MessageHandlers::change_visibility_batch(
    Context&, sqs::ChangeMessageVisibilityBatch::Input input) {
    CO_TRY(const QueuePtr queue, find_queue(queues_, input.queue_url));
    CO_TRY_VOID(check_batch(input.entries, "ChangeMessageVisibilityBatchRequestEntry"));
    std::vector<Answer<QueueSettle>> settles;
    for (const auto& entry : input.entries) {
        settles.push_back(visibility_of(*queue, entry.receipt_handle,
                                        entry.visibility_timeout_seconds.value_or(0)));
    }
    const auto answers = co_await settle(queue, std::move(settles));
    co_return batch_output<sqs::ChangeMessageVisibilityBatch::Output>(input.entries, answers);
}

}  // namespace polylog::aws

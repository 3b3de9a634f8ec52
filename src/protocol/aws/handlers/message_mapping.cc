#include "protocol/aws/handlers/message_mapping.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "protocol/aws/handlers/queue_lookup.h"
#include "protocol/aws/message_digest.h"
#include "protocol/aws/message_rules.h"

namespace polylog::aws {

using model::AttributeKind;

namespace {

constexpr std::string_view kTraceHeader = "AWSTraceHeader";

std::string_view base_type(AttributeKind kind) {
    switch (kind) {
    case AttributeKind::text: return "String";
    case AttributeKind::number: return "Number";
    case AttributeKind::binary: return "Binary";
    }
    return "String";
}

model::MessageAttribute attribute_of(const std::string& name,
                                     const sqs::MessageAttribute& attribute) {
    const std::string_view type = attribute.data_type;
    const size_t dot = type.find('.');
    const std::string_view base = type.substr(0, dot);
    model::MessageAttribute out{.name = name};
    out.kind = base == "Number"   ? AttributeKind::number
               : base == "Binary" ? AttributeKind::binary
                                  : AttributeKind::text;
    if (dot != std::string_view::npos) out.label = type.substr(dot + 1);
    out.value = base::Slice::copy_of(out.kind == AttributeKind::binary
                                         ? attribute.binary_value->bytes
                                         : *attribute.string_value);
    return out;
}

sqs::MessageAttribute attribute_of(const model::MessageAttribute& attribute) {
    sqs::MessageAttribute out;
    // Text of other clients than those of SQS may hold what XML cannot carry.
    const AttributeKind kind = is_message_text(attribute.value.text()) ? attribute.kind
                                                                       : AttributeKind::binary;
    out.data_type = base_type(kind);
    if (!attribute.label.empty()) out.data_type += "." + attribute.label;
    if (kind == AttributeKind::binary) {
        out.binary_value = Blob{std::string(attribute.value.text())};
    } else {
        out.string_value = attribute.value.text();
    }
    return out;
}

StringMap<std::string> system_attributes(const Context& context, const model::QueueSettings& queue,
                                         const queue::Delivery& delivery) {
    const model::Message& message = delivery.message;
    const queue::DeliveryCounts& counts = delivery.counts;
    StringMap<std::string> all{{"SentTimestamp", fmt::to_string(message.sent_at_ms)},
                               {"ApproximateReceiveCount", fmt::to_string(counts.leased)},
                               {"ApproximateFirstReceiveTimestamp",
                                fmt::to_string(counts.first_leased_at_ms)}};
    if (!message.sender.empty()) all["SenderId"] = message.sender;
    if (message.group) all["MessageGroupId"] = *message.group;
    if (message.deduplication_id) all["MessageDeduplicationId"] = *message.deduplication_id;
    if (message.trace) all[std::string(kTraceHeader)] = *message.trace;
    if (queue.ordered) all["SequenceNumber"] = sequence_number(delivery.lease.offset);
    if (!message.dead_letter_source.empty()) {
        all["DeadLetterQueueSourceArn"] = arn_for(context, message.dead_letter_source);
    }
    return all;
}

}  // namespace

queue::Send send_of(const Context& context, const sqs::OutgoingMessage& message,
                    const model::QueueSettings& queue) {
    queue::Send send;
    send.message.body = base::Slice::copy_of(message.body);
    for (const auto& [name, attribute] : message.attributes) {
        send.message.attributes.push_back(attribute_of(name, attribute));
    }
    send.message.group = message.group_id;
    if (queue.ordered) send.message.deduplication_id = deduplication_id_of(message);
    if (const auto trace = message.system_attributes.find(kTraceHeader);
        trace != message.system_attributes.end()) {
        send.message.trace = trace->second.string_value;
    } else if (!context.trace_header.empty()) {
        send.message.trace = context.trace_header;
    }
    send.message.sender = context.identity.account;
    // An ordered queue has one delay for all: a message may only say that it has none of its own.
    if (message.delay_seconds && !queue.ordered) {
        send.delay = std::chrono::seconds(*message.delay_seconds);
    }
    return send;
}

std::string sequence_number(model::Offset offset) {
    constexpr uint64_t kFirst = 10'000'000'000'000'000'000U;
    return fmt::to_string(kFirst + static_cast<uint64_t>(offset.value));
}

sqs::SendMessage::Output sent_output(const sqs::OutgoingMessage& message,
                                     const model::QueueSettings& queue,
                                     const broker::QueueSent& sent) {
    sqs::SendMessage::Output output;
    output.md5_of_body = md5_of_body(message.body);
    output.md5_of_attributes = md5_of_attributes(message.attributes);
    output.md5_of_system_attributes = md5_of_attributes(message.system_attributes);
    output.message_id = sent.id.to_hex();
    if (queue.ordered) output.sequence_number = sequence_number(sent.offset);
    return output;
}

sqs::ReceiveMessage::Message received_message(const Context& context,
                                              const model::QueueSettings& queue,
                                              const queue::Delivery& delivery,
                                              const AskedFor& asked_for) {
    const model::Message& message = delivery.message;
    sqs::ReceiveMessage::Message out;
    out.message_id = message.id.to_hex();
    for (auto& [name, value] : system_attributes(context, queue, delivery)) {
        if (asks_for(asked_for.system_attributes, name)) out.attributes[name] = std::move(value);
    }
    if (is_message_text(message.body.text())) {
        out.body = message.body.text();
    } else {
        out.body = base::base64_encode(message.body.bytes());
        out.attributes["PolylogBodyEncoding"] = "base64";
    }
    out.md5_of_body = md5_of_body(*out.body);
    for (const model::MessageAttribute& attribute : message.attributes) {
        if (!asks_for(asked_for.message_attributes, attribute.name)) continue;
        out.message_attributes[attribute.name] = attribute_of(attribute);
    }
    out.md5_of_attributes = md5_of_attributes(out.message_attributes);
    return out;
}

}  // namespace polylog::aws

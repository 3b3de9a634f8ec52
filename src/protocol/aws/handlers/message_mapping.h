#pragma once

#include <string>
#include <vector>

#include "broker/queues.h"
#include "model/queue_settings.h"
#include "protocol/aws/dispatcher.h"
#include "protocol/aws/messages/sqs_messages.h"
#include "queue/queue.h"

// Between the messages of SQS and those of queues. Pure functions.
namespace polylog::aws {

// What is sent, for a message that check_message has found good.
queue::Send send_of(const Context& context, const sqs::OutgoingMessage& message,
                    const model::QueueSettings& queue);

// 20 digits that grow with the offset: those of a message group, which has one partition, with
// every message sent to it.
std::string sequence_number(model::Offset offset);

// What the answers to SendMessage and to an entry of a batch have in common.
sqs::SendMessage::Output sent_output(const sqs::OutgoingMessage& message,
                                     const model::QueueSettings& queue,
                                     const broker::QueueSent& sent);

// What a receiver has asked to be told of each message; names as asks_for takes them.
struct AskedFor {
    std::vector<std::string> system_attributes;
    std::vector<std::string> message_attributes;
};

// A message as its receiver sees it, but for the receipt handle. A body that is no text, as other
// clients than those of SQS may store, comes as base64, and the attribute PolylogBodyEncoding of
// the system says so, asked for or not.
sqs::ReceiveMessage::Message received_message(const Context& context,
                                              const model::QueueSettings& queue,
                                              const queue::Delivery& delivery,
                                              const AskedFor& asked_for);

}  // namespace polylog::aws

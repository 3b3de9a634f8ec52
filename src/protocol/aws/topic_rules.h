#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocol/aws/fault.h"
#include "protocol/aws/messages/sns_subscriptions.h"

// What topics and the messages published to them must be like (SNS API reference, CreateTopic and
// Publish). Pure functions; each gives the first thing that is wrong in the words of SNS.
namespace polylog::aws {

// Of a topic, what its messages are checked against.
struct TopicTraits {
    bool ordered = false;
    bool deduplicate_by_content = false;
    size_t message_max_bytes = 262'144;
};

// Letters, digits, hyphens and underscores, 1 to 256; of an ordered topic with ".fifo" at the end,
// which counts. Errors: invalid_parameter_value.
Answer<void> check_topic_name(std::string_view name, bool ordered);

// One message. Errors: invalid_parameter_value, parameter_value_invalid (attributes).
Answer<void> check_published(const sns::OutgoingMessage& message, const TopicTraits& topic);

// What counts against the topic's largest size: the message, and of each attribute its name, type
// and value.
size_t size_bytes(const sns::OutgoingMessage& message);

// The text for subscribers of a protocol ("sqs", "http"): the message itself, or with the structure
// "json" that of the protocol, or of "default". After check_published.
std::string text_for(const sns::OutgoingMessage& message, std::string_view protocol);

}  // namespace polylog::aws

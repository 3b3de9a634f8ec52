#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/queue_settings.h"
#include "protocol/aws/fault.h"
#include "protocol/aws/messages/sqs_messages.h"

// What a message, and a request for messages, must be like (SQS developer guide, "Message quotas";
// SQS API reference). Pure functions; each gives the first thing that is wrong in the words of SQS.
namespace polylog::aws {

constexpr size_t kMessageAttributesMax = 10;
constexpr int32_t kDelaySecondsMax = 900;
constexpr int32_t kVisibilitySecondsMax = 43'200;

// Of one message for a queue with these settings: body, size, delay, attributes, ids. Errors:
// missing_parameter, invalid_parameter_value, invalid_message_contents.
Answer<void> check_message(const sqs::OutgoingMessage& message, const model::QueueSettings& queue);
// The part of it that fails a batch as a whole: what an ordered queue cannot do without.
Answer<void> check_ordering(const sqs::OutgoingMessage& message, const model::QueueSettings& queue);
// Of an ordered queue: the id given, or the hash of the body. After check_message.
std::string deduplication_id_of(const sqs::OutgoingMessage& message);
// What counts against the queue's largest size: the body, and of each attribute its name, type and
// value.
size_t size_bytes(const sqs::OutgoingMessage& message);

// Whether the text has only characters that XML can carry (XML 1.0, 2.2), in UTF-8.
bool is_message_text(std::string_view text);

// Of groups, deduplication and repeated requests: 1 to 128 letters, digits and marks of ASCII.
bool is_identifier(std::string_view text);

// Of a request for messages: the numbers, and the names of attributes it asks for. Errors:
// invalid_parameter_value, invalid_attribute_name.
Answer<void> check_receive(const sqs::ReceiveMessage::Input& input);
// Of ChangeMessageVisibility. Errors: invalid_parameter_value.
Answer<void> check_visibility_timeout(int32_t seconds);
// 1 to `max`, if given.
Answer<void> check_max_results(std::optional<int32_t> max_results, int32_t max);

// Which of the attributes are asked for: "All" or ".*", "prefix.*", or by their names.
bool asks_for(const std::vector<std::string>& names, std::string_view attribute);

}  // namespace polylog::aws

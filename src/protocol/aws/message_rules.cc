#include "protocol/aws/message_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "protocol/aws/digest.h"
#include "protocol/aws/queue_attributes.h"
#include "protocol/aws/xml_character.h"

namespace polylog::aws {

using sqs::MessageAttribute;
using sqs::OutgoingMessage;

namespace {

constexpr size_t kAttributeTextBytesMax = 255;  // of names and types
constexpr size_t kIdBytesMax = 128;

constexpr std::array<std::string_view, 9> kSystemAttributes = {
    "SenderId",
    "SentTimestamp",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
    "SequenceNumber",
    "MessageDeduplicationId",
    "MessageGroupId",
    "AWSTraceHeader",
    "DeadLetterQueueSourceArn",
};

std::unexpected<Fault> invalid(std::string_view value, std::string_view parameter,
                               std::string_view reason) {
    return refuse(FaultKind::invalid_parameter_value,
                  fmt::format("Value {} for parameter {} is invalid. Reason: {}", value, parameter,
                              reason));
}

std::unexpected<Fault> invalid(std::string text) {
    return refuse(FaultKind::invalid_parameter_value, std::move(text));
}

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Answer<void> check_id(const std::optional<std::string>& id, std::string_view parameter) {
    if (!id || is_identifier(*id)) return {};
    return invalid(*id, parameter,
                   fmt::format("{} can only include alphanumeric and punctuation characters. 1 to "
                               "128 in length.",
                               parameter));
}

// "12", "-1.5e3": what SQS and its SDKs take for a number.
bool is_number(std::string_view text) {
    const auto skip_digits = [&text] {
        const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
        text.remove_prefix(end);
        return end;
    };
    const auto skip_sign = [&text] {
        if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    };
    skip_sign();
    size_t digits = skip_digits();
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        digits += skip_digits();
    }
    if (digits == 0) return false;
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        skip_sign();
        if (skip_digits() == 0) return false;
    }
    return text.empty();
}

Answer<void> check_attribute_name(std::string_view name) {
    if (name.empty() || name.size() > kAttributeTextBytesMax) {
        return invalid("Message (user) attribute names must be shorter than 256 Bytes");
    }
    const bool characters = std::ranges::all_of(name, [](char c) {
        return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
    });
    if (!characters) {
        return invalid(
            "Message (user) attributes name can only contain upper and lower score alphanumeric "
            "characters, periods, and underscores.");
    }
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (lower.starts_with("aws.") || lower.starts_with("amazon.") || name.starts_with('.') ||
        name.ends_with('.') || name.contains("..")) {
        return invalid(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These "
            "strings are reserved for internal use. Additionally, they cannot start or end with "
            "'.'.");
    }
    return {};
}

// The type without its suffix: "Number" of "Number.int".
std::string_view base_type(std::string_view type) {
    return type.substr(0, type.find('.'));
}

Answer<void> check_attribute_type(std::string_view name, std::string_view type) {
    if (type.empty()) {
        return invalid(fmt::format(
            "The message attribute '{}' must contain a non-empty message attribute type.", name));
    }
    if (type.size() > kAttributeTextBytesMax) {
        return invalid("Message (user) attribute types must be shorter than 256 Bytes");
    }
    const std::string_view base = base_type(type);
    const bool known = base == "String" || base == "Number" || base == "Binary";
    if (known && !type.ends_with('.')) return {};
    return invalid(fmt::format(
        "Type for parameter MessageAttributes.{}.DataType must be prefixed with \"String\", "
        "\"Binary\", or \"Number\", but was: {}",
        name, type));
}

Answer<void> check_attribute_value(std::string_view name, const MessageAttribute& attribute) {
    if (!attribute.string_list_values.empty() || !attribute.binary_list_values.empty()) {
        return invalid("Message attribute list values in SendMessage operation are not supported.");
    }
    const std::string_view type = base_type(attribute.data_type);
    const bool binary = type == "Binary";
    const bool empty = binary ? !attribute.binary_value || attribute.binary_value->bytes.empty()
                              : !attribute.string_value || attribute.string_value->empty();
    if (empty) {
        return invalid(fmt::format(
            "Message (user) attribute '{}' must contain a non-empty value of type '{}'.", name,
            binary ? "Binary" : "String"));
    }
    if (binary) return {};
    if (!is_message_text(*attribute.string_value)) {
        return invalid(
            std::string(form_of(FaultKind::invalid_message_contents, Service::sqs).message));
    }
    if (type == "Number" && !is_number(*attribute.string_value)) {
        return invalid(
            fmt::format("Can't cast the value of message (user) attribute '{}' to a number.",
                        name));
    }
    return {};
}

Answer<void> check_attributes(const sqs::MessageAttributes& attributes) {
    if (attributes.size() > kMessageAttributesMax) {
        return invalid(
            fmt::format("Number of message attributes [{}] exceeds the allowed maximum "
                        "[{}].",
                        attributes.size(), kMessageAttributesMax));
    }
    for (const auto& [name, attribute] : attributes) {
        TRY_VOID(check_attribute_name(name));
        TRY_VOID(check_attribute_type(name, attribute.data_type));
        TRY_VOID(check_attribute_value(name, attribute));
    }
    return {};
}

// There is one: where the message comes from, for tracing.
Answer<void> check_system_attributes(const sqs::MessageAttributes& attributes) {
    for (const auto& [name, attribute] : attributes) {
        if (name != "AWSTraceHeader") {
            return invalid(
                fmt::format("Message system attribute name '{}' is not supported.", name));
        }
        if (attribute.data_type != "String" || attribute.string_value.value_or("").empty()) {
            return invalid(
                fmt::format("Message system attribute '{}' must contain a non-empty "
                            "value of type 'String'.",
                            name));
        }
    }
    return {};
}

Answer<void> check_delay(std::optional<int32_t> delay_seconds, const model::QueueSettings& queue) {
    if (!delay_seconds) return {};
    const std::string value = std::to_string(*delay_seconds);
    if (*delay_seconds < 0 || *delay_seconds > kDelaySecondsMax) {
        return invalid(value, "DelaySeconds",
                       fmt::format("DelaySeconds must be >= 0 and <= {}.", kDelaySecondsMax));
    }
    // The delay of an ordered queue is that of all its messages.
    if (queue.ordered && *delay_seconds > 0) {
        return invalid(value, "DelaySeconds",
                       "The request include parameter that is not valid for this queue type.");
    }
    return {};
}

}  // namespace

bool is_message_text(std::string_view text) {
    const auto plain = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 && byte < 0x80;
    };
    while (!text.empty()) {
        // Most text is plain, and there may be a megabyte of it.
        const auto special = std::ranges::find_if_not(text, plain);
        text.remove_prefix(static_cast<size_t>(special - text.begin()));
        if (text.empty()) return true;
        const size_t size = xml_character_size(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

bool is_identifier(std::string_view text) {
    return !text.empty() && text.size() <= kIdBytesMax &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

size_t size_bytes(const OutgoingMessage& message) {
    size_t size = message.body.size();
    for (const auto& [name, attribute] : message.attributes) {
        size += name.size() + attribute.data_type.size();
        if (attribute.string_value) size += attribute.string_value->size();
        if (attribute.binary_value) size += attribute.binary_value->bytes.size();
    }
    return size;
}

Answer<void> check_message(const OutgoingMessage& message, const model::QueueSettings& queue) {
    if (message.body.empty()) {
        return refuse(FaultKind::missing_parameter,
                      "The request must contain the parameter MessageBody.");
    }
    if (!is_message_text(message.body)) return refuse(FaultKind::invalid_message_contents);
    TRY_VOID(check_delay(message.delay_seconds, queue));
    TRY_VOID(check_attributes(message.attributes));
    TRY_VOID(check_system_attributes(message.system_attributes));
    TRY_VOID(check_id(message.group_id, "MessageGroupId"));
    TRY_VOID(check_id(message.deduplication_id, "MessageDeduplicationId"));
    TRY_VOID(check_ordering(message, queue));
    if (size_bytes(message) > queue.message_max_bytes) {
        return invalid(
            fmt::format("One or more parameters are invalid. Reason: Message must be "
                        "shorter than {} bytes.",
                        queue.message_max_bytes));
    }
    return {};
}

Answer<void> check_ordering(const OutgoingMessage& message, const model::QueueSettings& queue) {
    if (!queue.ordered) {
        if (!message.deduplication_id) return {};
        return invalid(*message.deduplication_id, "MessageDeduplicationId",
                       "The request includes a parameter that is not valid for this queue type.");
    }
    if (!message.group_id) {
        return refuse(FaultKind::missing_parameter,
                      "The request must contain the parameter MessageGroupId.");
    }
    if (!message.deduplication_id && !queue.deduplicate_by_content) {
        return invalid(
            "The queue should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly");
    }
    return {};
}

std::string deduplication_id_of(const OutgoingMessage& message) {
    return message.deduplication_id ? *message.deduplication_id : sha256_hex(message.body);
}

Answer<void> check_receive(const sqs::ReceiveMessage::Input& input) {
    const auto check = [](std::optional<int32_t> value, std::string_view name, int32_t min,
                          int32_t max, std::string_view reason) -> Answer<void> {
        if (!value || (*value >= min && *value <= max)) return {};
        return invalid(std::to_string(*value), name, reason);
    };
    TRY_VOID(check(input.messages_max, "MaxNumberOfMessages", 1, 10,
                   "Must be between 1 and 10, if provided."));
    TRY_VOID(check(input.wait_time_seconds, "WaitTimeSeconds", 0, 20,
                   "Must be >= 0 and <= 20, if provided."));
    TRY_VOID(check(input.visibility_timeout_seconds, "VisibilityTimeout", 0, kVisibilitySecondsMax,
                   "Must be >= 0 and <= 43200, if provided."));
    TRY_VOID(check_id(input.attempt_id, "ReceiveRequestAttemptId"));
    for (const auto* names : {&input.attribute_names, &input.system_attribute_names}) {
        for (const std::string& name : *names) {
            const bool known = name == "All" || is_queue_attribute(name) ||
                               std::ranges::find(kSystemAttributes, name) !=
                                   kSystemAttributes.end();
            if (!known) {
                return refuse(FaultKind::invalid_attribute_name,
                              fmt::format("Unknown Attribute {}.", name));
            }
        }
    }
    return {};
}

Answer<void> check_visibility_timeout(int32_t seconds) {
    if (seconds >= 0 && seconds <= kVisibilitySecondsMax) return {};
    return invalid(std::to_string(seconds), "VisibilityTimeout",
                   "VisibilityTimeout must be an integer between 0 and 43200");
}

Answer<void> check_max_results(std::optional<int32_t> max_results, int32_t max) {
    if (!max_results || (*max_results >= 1 && *max_results <= max)) return {};
    return invalid(std::to_string(*max_results), "MaxResults",
                   fmt::format("MaxResults must be an integer between 1 and {}", max));
}

bool asks_for(const std::vector<std::string>& names, std::string_view attribute) {
    return std::ranges::any_of(names, [attribute](std::string_view name) {
        if (name == "All" || name == ".*" || name == attribute) return true;
        return name.ends_with(".*") && attribute.starts_with(name.substr(0, name.size() - 2));
    });
}

}  // namespace polylog::aws

#include "protocol/aws/topic_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "base/utf8.h"
#include "protocol/aws/message_rules.h"

namespace polylog::aws {

using base::Json;
using sns::OutgoingMessage;

namespace {

constexpr std::string_view kFifoSuffix = ".fifo";
constexpr size_t kNameBytesMax = 256;
constexpr size_t kSubjectCharactersMax = 100;
constexpr std::string_view kJsonStructure = "json";
constexpr std::string_view kDefaultEntry = "default";

std::unexpected<Fault> invalid(std::string_view what) {
    return refuse(FaultKind::invalid_parameter_value, fmt::format("Invalid parameter: {}", what));
}

// SNS API reference, Publish: up to 100 characters, printable, not beginning with a blank.
bool is_subject(std::string_view text) {
    if (text.empty() || text.front() == ' ' || !base::is_utf8(text)) return false;
    const auto characters = std::ranges::count_if(text, [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    });
    return static_cast<size_t>(characters) <= kSubjectCharactersMax &&
           std::ranges::none_of(text, [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte < 0x20 || byte == 0x7F;
           });
}

Answer<void> check_attribute(std::string_view name, const sns::MessageAttribute& attribute) {
    const std::string_view type = attribute.data_type;
    if (type.empty()) {
        return refuse(FaultKind::parameter_value_invalid,
                      fmt::format("The message attribute '{}' must contain non-empty message "
                                  "attribute type.",
                                  name));
    }
    const std::string_view base = type.substr(0, type.find('.'));
    if (base != "String" && base != "Number" && base != "Binary") {
        return refuse(FaultKind::parameter_value_invalid,
                      fmt::format("The message attribute '{}' has an invalid message attribute "
                                  "type, the set of supported type prefixes is Binary, Number, and "
                                  "String.",
                                  name));
    }
    const bool empty = base == "Binary"
                           ? !attribute.binary_value || attribute.binary_value->bytes.empty()
                           : !attribute.string_value || attribute.string_value->empty();
    if (empty) {
        return refuse(FaultKind::parameter_value_invalid,
                      fmt::format("The message attribute '{}' must contain non-empty message "
                                  "attribute value for message attribute type '{}'.",
                                  name, type));
    }
    return {};
}

// The texts per protocol of a message with the structure "json".
std::optional<Json> parse_texts(const OutgoingMessage& message) {
    auto texts = Json::parse(message.message, message.message.size());
    if (!texts || texts->kind() != Json::Kind::object) return std::nullopt;
    return *std::move(texts);
}

std::optional<std::string_view> text_in(const Json& texts, std::string_view protocol) {
    const auto text = texts.get_optional<std::string_view>(protocol);
    return text ? *text : std::nullopt;
}

Answer<void> check_structure(const OutgoingMessage& message) {
    if (!message.structure) return {};
    if (*message.structure != kJsonStructure) return invalid("MessageStructure");
    const auto texts = parse_texts(message);
    if (!texts) return invalid("Message Structure - JSON message body failed to parse");
    if (!text_in(*texts, kDefaultEntry)) {
        return invalid("Message Structure - No default entry in JSON message body");
    }
    return {};
}

Answer<void> check_ids(const OutgoingMessage& message, const TopicTraits& topic) {
    const auto well_formed = [](const std::optional<std::string>& id) {
        return !id || is_identifier(*id);
    };
    if (!well_formed(message.group_id)) {
        return invalid(
            "The MessageGroupId can only include alphanumeric and punctuation "
            "characters. 1 to 128 in length.");
    }
    if (!well_formed(message.deduplication_id)) {
        return invalid(
            "The MessageDeduplicationId can only include alphanumeric and punctuation "
            "characters. 1 to 128 in length.");
    }
    if (!topic.ordered) {
        if (!message.deduplication_id) return {};
        return invalid(
            "MessageDeduplicationId Reason: The request includes "
            "MessageDeduplicationId parameter that is not valid for this topic type");
    }
    if (!message.group_id) {
        return invalid("The MessageGroupId parameter is required for FIFO topics");
    }
    if (!message.deduplication_id && !topic.deduplicate_by_content) {
        return invalid(
            "The topic should either have ContentBasedDeduplication enabled or "
            "MessageDeduplicationId provided explicitly");
    }
    return {};
}

}  // namespace

Answer<void> check_topic_name(std::string_view name, bool ordered) {
    std::string_view plain = name;
    const bool has_suffix = name.ends_with(kFifoSuffix);
    if (ordered && has_suffix) plain.remove_suffix(kFifoSuffix.size());
    const bool good = !plain.empty() && name.size() <= kNameBytesMax && ordered == has_suffix &&
                      std::ranges::all_of(plain, [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                 (c >= '0' && c <= '9') || c == '-' || c == '_';
                      });
    if (!good) return invalid("Topic Name");
    return {};
}

Answer<void> check_published(const OutgoingMessage& message, const TopicTraits& topic) {
    if (message.message.empty()) return invalid("Empty message");
    if (!base::is_utf8(message.message)) return invalid("Message");
    if (size_bytes(message) > topic.message_max_bytes) return invalid("Message too long");
    if (message.subject && !is_subject(*message.subject)) return invalid("Subject");
    TRY_VOID(check_structure(message));
    for (const auto& [name, attribute] : message.attributes) {
        TRY_VOID(check_attribute(name, attribute));
    }
    return check_ids(message, topic);
}

size_t size_bytes(const OutgoingMessage& message) {
    size_t size = message.message.size();
    for (const auto& [name, attribute] : message.attributes) {
        size += name.size() + attribute.data_type.size();
        if (attribute.string_value) size += attribute.string_value->size();
        if (attribute.binary_value) size += attribute.binary_value->bytes.size();
    }
    return size;
}

std::string text_for(const OutgoingMessage& message, std::string_view protocol) {
    if (message.structure != kJsonStructure) return message.message;
    const auto texts = parse_texts(message);
    if (!texts) return message.message;
    const auto own = text_in(*texts, protocol);
    return std::string(own ? *own : text_in(*texts, kDefaultEntry).value_or(""));
}

}  // namespace polylog::aws

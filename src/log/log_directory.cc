#include "log/log_directory.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace polylog::log {

using model::Offset;
using model::PartitionIndex;
using model::TopicId;

namespace {

constexpr size_t kReadableNameMax = 200;  // with the id well below the 255 bytes of a file name
constexpr size_t kOffsetDigits = 20;
constexpr std::string_view kSettlementsPrefix = "settlements-";

bool is_safe(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '.' || character == '_' ||
           character == '-';
}

// A decimal number that fills the whole text.
template <class T>
std::optional<T> parse_decimal(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

}  // namespace

std::string topic_directory(TopicId topic, std::string_view topic_name) {
    std::string name(topic_name.substr(0, kReadableNameMax));
    std::ranges::replace_if(name, [](char character) { return !is_safe(character); }, '_');
    if (name.starts_with('.')) name[0] = '_';
    return fmt::format("{}/{}.{}", kTopicsDirectory, name, topic.value.to_base64());
}

std::string log_directory(const model::TopicPartition& id, std::string_view topic_name) {
    const auto of = model::messages_of(id).partition;
    return fmt::format("{}/{}{}", topic_directory(id.topic, topic_name),
                       model::is_settlements(id.partition) ? kSettlementsPrefix : "", of.value);
}

std::string segment_path(std::string_view directory, Offset base, std::string_view kind) {
    return fmt::format("{}/{:0{}}.{}", directory, base.value, kOffsetDigits, kind);
}

std::optional<TopicId> parse_topic_directory(std::string_view name) {
    const size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto uuid = base::Uuid::from_base64(name.substr(dot + 1));
    if (!uuid) return std::nullopt;
    return TopicId{*uuid};
}

std::optional<PartitionIndex> parse_partition_directory(std::string_view name) {
    const bool settlements = name.starts_with(kSettlementsPrefix);
    if (settlements) name.remove_prefix(kSettlementsPrefix.size());
    const auto index = parse_decimal<int32_t>(name);
    if (!index || std::to_string(*index) != name || model::is_settlements({*index}))
        return std::nullopt;
    return PartitionIndex{settlements ? *index | model::kSettlementsBit : *index};
}

std::optional<Offset> parse_segment_name(std::string_view name) {
    const size_t dot = name.find('.');
    if (dot != kOffsetDigits) return std::nullopt;
    const std::string_view kind = name.substr(dot + 1);
    if (kind != "log" && kind != "index" && kind != "timeindex") return std::nullopt;
    const auto base = parse_decimal<int64_t>(name.substr(0, dot));
    if (!base) return std::nullopt;
    return Offset{*base};
}

}  // namespace polylog::log

#include "protocol/aws/queue_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "base/json.h"
#include "base/units.h"
#include "protocol/aws/dead_letter_policy.h"
#include "protocol/aws/reading.h"

namespace polylog::aws {

using model::QueueSettings;

namespace {

using base::operator""_KiB;

constexpr std::string_view kFifoSuffix = ".fifo";
constexpr size_t kNameBytesMax = 80;
constexpr size_t kDocumentBytesMax = 64_KiB;
constexpr int64_t kDataKeyReuseDefaultSeconds = 300;

// Which queues have an attribute, and who may set it.
enum class Kind : uint8_t {
    any,       // set and read
    ordered,   // likewise, of ordered queues only
    decided,   // when the queue is created, of ordered queues only
    reported,  // read only
};

// One row for each attribute. `set` takes a text that is not empty; `get` gives nothing for what
// need not be shown; `clear` makes the attribute what it is on a queue that never set it.
struct Attribute {
    std::string_view name;
    Kind kind = Kind::any;
    Answer<void> (*set)(QueueSettings& settings, std::string_view name,
                        std::string_view text) = nullptr;
    std::optional<std::string> (*get)(const QueueSettings& settings) = nullptr;
    void (*clear)(QueueSettings& settings) = nullptr;
};

std::unexpected<Fault> unknown(std::string_view name) {
    return refuse(FaultKind::invalid_attribute_name, fmt::format("Unknown Attribute {}.", name));
}

std::unexpected<Fault> invalid(std::string_view name) {
    return refuse(FaultKind::invalid_attribute_value,
                  fmt::format("Invalid value for the parameter {}.", name));
}

Answer<int64_t> number(std::string_view name, std::string_view text, int64_t min, int64_t max) {
    const auto value = to_integer(text);
    if (!value || *value < min || *value > max) return invalid(name);
    return *value;
}

Answer<bool> boolean(std::string_view name, std::string_view text) {
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    return invalid(name);
}

std::string seconds(base::Duration duration) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(duration).count());
}

std::string text_of(bool value) {
    return value ? "true" : "false";
}

template <auto Field, int64_t Min, int64_t Max>
constexpr Attribute seconds_attribute(std::string_view name) {
    return {.name = name,
            .set = [](QueueSettings& settings, std::string_view its_name,
                      std::string_view text) -> Answer<void> {
                TRY(const int64_t count, number(its_name, text, Min, Max));
                settings.*Field = std::chrono::seconds(count);
                return {};
            },
            .get = [](const QueueSettings& settings) -> std::optional<std::string> {
                return seconds(settings.*Field);
            }};
}

Answer<void> set_message_size(QueueSettings& settings, std::string_view name,
                              std::string_view text) {
    TRY(const int64_t bytes, number(name, text, 1024, 1 << 20));
    settings.message_max_bytes = static_cast<size_t>(bytes);
    return {};
}

Answer<void> set_messages_max(QueueSettings& settings, std::string_view name,
                              std::string_view text) {
    TRY(const int64_t count, number(name, text, 0, std::numeric_limits<int64_t>::max()));
    settings.messages_max = static_cast<uint64_t>(count);
    return {};
}

Answer<void> set_policy(QueueSettings& settings, std::string_view name, std::string_view text) {
    const auto document = base::Json::parse(text, kDocumentBytesMax);
    if (!document || document->kind() != base::Json::Kind::object) return invalid(name);
    settings.access_policy = text;
    return {};
}

Answer<void> set_redrive(QueueSettings& settings, std::string_view, std::string_view text) {
    TRY(settings.dead_letter, parse_redrive_policy(text));
    return {};
}

Answer<void> set_redrive_allow(QueueSettings& settings, std::string_view, std::string_view text) {
    TRY(settings.dead_letter_sources, parse_redrive_allow_policy(text));
    return {};
}

Answer<void> set_key(QueueSettings& settings, std::string_view, std::string_view text) {
    settings.encryption.key_id = text;
    settings.encryption.managed = false;
    return {};
}

Answer<void> set_key_reuse(QueueSettings& settings, std::string_view name, std::string_view text) {
    TRY(const int64_t count, number(name, text, 60, 86'400));
    settings.encryption.data_key_reuse = std::chrono::seconds(count);
    return {};
}

Answer<void> set_managed(QueueSettings& settings, std::string_view name, std::string_view text) {
    TRY(settings.encryption.managed, boolean(name, text));
    if (settings.encryption.managed) settings.encryption.key_id.clear();
    return {};
}

Answer<void> set_ordered(QueueSettings& settings, std::string_view name, std::string_view text) {
    TRY(settings.ordered, boolean(name, text));
    return {};
}

Answer<void> set_content_deduplication(QueueSettings& settings, std::string_view name,
                                       std::string_view text) {
    TRY(settings.deduplicate_by_content, boolean(name, text));
    return {};
}

Answer<void> set_deduplication_scope(QueueSettings& settings, std::string_view name,
                                     std::string_view text) {
    if (text != "queue" && text != "messageGroup") return invalid(name);
    settings.deduplication_scope = text == "queue" ? model::DeduplicationScope::queue
                                                   : model::DeduplicationScope::group;
    return {};
}

Answer<void> set_throughput(QueueSettings& settings, std::string_view name, std::string_view text) {
    if (text != "perQueue" && text != "perMessageGroupId") return invalid(name);
    settings.throughput_scope = text == "perQueue" ? model::ThroughputScope::queue
                                                   : model::ThroughputScope::group;
    return {};
}

using Text = std::optional<std::string>;

Text get_key_reuse(const QueueSettings& settings) {
    Text text = seconds(settings.encryption.data_key_reuse);
    if (text == std::to_string(kDataKeyReuseDefaultSeconds)) return std::nullopt;
    return text;
}

Text get_scope(const QueueSettings& settings) {
    return settings.deduplication_scope == model::DeduplicationScope::queue ? "queue"
                                                                            : "messageGroup";
}

Text get_throughput(const QueueSettings& settings) {
    return settings.throughput_scope == model::ThroughputScope::queue ? "perQueue"
                                                                      : "perMessageGroupId";
}

Text unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : Text(text);
}

// SQS API reference, SetQueueAttributes and GetQueueAttributes; PolylogMaxDepth is ours.
constexpr std::array kAttributes = {
    seconds_attribute<&QueueSettings::delay, 0, 900>("DelaySeconds"),
    seconds_attribute<&QueueSettings::retention, 60, 1'209'600>("MessageRetentionPeriod"),
    seconds_attribute<&QueueSettings::lease_wait, 0, 20>("ReceiveMessageWaitTimeSeconds"),
    seconds_attribute<&QueueSettings::lease_time, 0, 43'200>("VisibilityTimeout"),
    Attribute{.name = "MaximumMessageSize",
              .set = set_message_size,
              .get = [](const QueueSettings& s) -> Text {
                  return std::to_string(s.message_max_bytes);
              }},
    Attribute{.name = "PolylogMaxDepth",
              .set = set_messages_max,
              .get = [](const QueueSettings& s) -> Text {
                  return s.messages_max == 0 ? std::nullopt : Text(std::to_string(s.messages_max));
              },
              .clear = [](QueueSettings& s) { s.messages_max = 0; }},
    Attribute{.name = "Policy",
              .set = set_policy,
              .get = [](const QueueSettings& s) { return unless_empty(s.access_policy); },
              .clear = [](QueueSettings& s) { s.access_policy.clear(); }},
    Attribute{.name = "RedrivePolicy",
              .set = set_redrive,
              .get =
                  [](const QueueSettings& s) {
                      return s.dead_letter ? Text(s.dead_letter->text) : std::nullopt;
                  },
              .clear = [](QueueSettings& s) { s.dead_letter.reset(); }},
    Attribute{.name = "RedriveAllowPolicy",
              .set = set_redrive_allow,
              .get =
                  [](const QueueSettings& s) {
                      return s.dead_letter_sources ? Text(s.dead_letter_sources->text)
                                                   : std::nullopt;
                  },
              .clear = [](QueueSettings& s) { s.dead_letter_sources.reset(); }},
    Attribute{.name = "SqsManagedSseEnabled",
              .set = set_managed,
              .get = [](const QueueSettings& s) -> Text { return text_of(s.encryption.managed); }},
    Attribute{.name = "KmsMasterKeyId",
              .set = set_key,
              .get = [](const QueueSettings& s) { return unless_empty(s.encryption.key_id); },
              .clear =
                  [](QueueSettings& s) {
                      s.encryption.key_id.clear();
                      s.encryption.managed = false;
                  }},
    Attribute{.name = "KmsDataKeyReusePeriodSeconds", .set = set_key_reuse, .get = get_key_reuse},
    Attribute{.name = "FifoQueue",
              .kind = Kind::decided,
              .set = set_ordered,
              .get = [](const QueueSettings& s) -> Text { return text_of(s.ordered); }},
    Attribute{.name = "ContentBasedDeduplication",
              .kind = Kind::ordered,
              .set = set_content_deduplication,
              .get = [](const QueueSettings& s) -> Text {
                  return text_of(s.deduplicate_by_content);
              }},
    Attribute{.name = "DeduplicationScope",
              .kind = Kind::ordered,
              .set = set_deduplication_scope,
              .get = get_scope},
    Attribute{.name = "FifoThroughputLimit",
              .kind = Kind::ordered,
              .set = set_throughput,
              .get = get_throughput},
    Attribute{.name = "ApproximateNumberOfMessages", .kind = Kind::reported},
    Attribute{.name = "ApproximateNumberOfMessagesNotVisible", .kind = Kind::reported},
    Attribute{.name = "ApproximateNumberOfMessagesDelayed", .kind = Kind::reported},
    Attribute{.name = "CreatedTimestamp", .kind = Kind::reported},
    Attribute{.name = "LastModifiedTimestamp", .kind = Kind::reported},
    Attribute{.name = "QueueArn", .kind = Kind::reported},
};

const Attribute* find_attribute(std::string_view name) {
    const auto place = std::ranges::find(kAttributes, name, &Attribute::name);
    return place == kAttributes.end() ? nullptr : &*place;
}

std::string unix_seconds(base::WallTime time) {
    return seconds(time.time_since_epoch());
}

StringMap<std::string> reported(const QueueFacts& facts) {
    return {
        {"ApproximateNumberOfMessages", std::to_string(facts.messages_ready)},
        {"ApproximateNumberOfMessagesNotVisible", std::to_string(facts.messages_leased)},
        {"ApproximateNumberOfMessagesDelayed", std::to_string(facts.messages_delayed)},
        {"CreatedTimestamp", unix_seconds(facts.created_at)},
        {"LastModifiedTimestamp", unix_seconds(facts.modified_at)},
        {"QueueArn", facts.arn},
    };
}

// The row of an attribute that may be set on a queue like this, or why not.
Answer<const Attribute*> settable(const QueueSettings& settings, std::string_view name) {
    const Attribute* attribute = find_attribute(name);
    if (!attribute || attribute->kind == Kind::reported) return unknown(name);
    if (settings.ordered || attribute->kind == Kind::any) return attribute;
    if (name == "DeduplicationScope" || name == "FifoThroughputLimit") {
        return refuse(FaultKind::invalid_attribute_name,
                      fmt::format("You can specify the {} only when FifoQueue is set to true.",
                                  name));
    }
    return unknown(name);
}

// One attribute of a queue whose kind is decided.
Answer<void> assign(QueueSettings& settings, const std::string& name, const std::string& text) {
    TRY(const Attribute* const attribute, settable(settings, name));
    if (text.empty() && attribute->clear) {
        attribute->clear(settings);
        return {};
    }
    return attribute->set(settings, name, text);
}

Answer<void> check_combination(const QueueSettings& settings,
                               const StringMap<std::string>& attributes) {
    const auto key = attributes.find("KmsMasterKeyId");
    const auto managed = attributes.find("SqsManagedSseEnabled");
    const bool both = key != attributes.end() && !key->second.empty() &&
                      managed != attributes.end() &&
                      boolean(managed->first, managed->second).value_or(false);
    if (both) {
        return refuse(FaultKind::invalid_attribute_name,
                      "You can use one type of server-side encryption (SSE) at one time. You can "
                      "either enable KMS SSE or SQS SSE.");
    }
    if (settings.throughput_scope == model::ThroughputScope::group &&
        settings.deduplication_scope == model::DeduplicationScope::queue) {
        return refuse(FaultKind::invalid_attribute_value,
                      "Invalid value for the parameter FifoThroughputLimit. Reason: "
                      "perMessageGroupId is allowed only when DeduplicationScope is messageGroup.");
    }
    return {};
}

}  // namespace

Answer<void> check_queue_name(std::string_view name, bool ordered) {
    std::string_view plain = name;
    const bool has_suffix = name.ends_with(kFifoSuffix);
    if (ordered && has_suffix) plain.remove_suffix(kFifoSuffix.size());
    const bool good = !plain.empty() && name.size() <= kNameBytesMax && ordered == has_suffix &&
                      std::ranges::all_of(plain, [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                 (c >= '0' && c <= '9') || c == '-' || c == '_';
                      });
    if (good) return {};
    return refuse(FaultKind::invalid_parameter_value,
                  ordered ? "The name of a FIFO queue can only include alphanumeric characters, "
                            "hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in "
                            "length."
                          : "Can only include alphanumeric characters, hyphens, or underscores. 1 "
                            "to 80 in length");
}

Answer<QueueSettings> settings_of_new_queue(std::string_view name,
                                            const StringMap<std::string>& attributes) {
    QueueSettings settings;
    if (const auto ordered = attributes.find("FifoQueue"); ordered != attributes.end()) {
        TRY_VOID(set_ordered(settings, ordered->first, ordered->second));
        // A standard queue does not know the word, not even to say no.
        if (!settings.ordered) return unknown(ordered->first);
    }
    TRY_VOID(check_queue_name(name, settings.ordered));
    for (const auto& [each, text] : attributes) TRY_VOID(assign(settings, each, text));
    TRY_VOID(check_combination(settings, attributes));
    return settings;
}

Answer<QueueSettings> changed_settings(QueueSettings settings,
                                       const StringMap<std::string>& attributes) {
    for (const auto& [name, text] : attributes) {
        const bool was_ordered = settings.ordered;
        TRY_VOID(assign(settings, name, text));
        if (settings.ordered == was_ordered) continue;
        return refuse(
            FaultKind::invalid_attribute_value,
            fmt::format("Invalid value for the parameter {}. Reason: Modifying queue type "
                        "is not supported.",
                        name));
    }
    TRY_VOID(check_combination(settings, attributes));
    return settings;
}

Answer<void> check_created_again(const QueueSettings& settings,
                                 const StringMap<std::string>& attributes) {
    for (const auto& [name, text] : attributes) {
        QueueSettings candidate = settings;
        TRY_VOID(assign(candidate, name, text));
        if (candidate == settings) continue;
        return refuse(FaultKind::queue_name_exists,
                      fmt::format("A queue already exists with the same name and a different value "
                                  "for attribute {}",
                                  name));
    }
    return {};
}

Answer<StringMap<std::string>> queue_attributes(const QueueSettings& settings,
                                                const QueueFacts& facts,
                                                const std::vector<std::string>& names) {
    StringMap<std::string> all = reported(facts);
    for (const Attribute& attribute : kAttributes) {
        const bool shown = attribute.kind == Kind::any || settings.ordered;
        if (!attribute.get || !shown) continue;
        if (auto text = attribute.get(settings)) {
            all.emplace(attribute.name, *std::move(text));
        }
    }
    if (std::ranges::find(names, "All") != names.end()) return all;
    StringMap<std::string> chosen;
    for (const std::string& name : names) {
        if (!is_queue_attribute(name)) return unknown(name);
        if (const auto place = all.find(name); place != all.end()) chosen.insert(*place);
    }
    return chosen;
}

bool is_queue_attribute(std::string_view name) {
    return find_attribute(name) != nullptr;
}

Answer<void> check_dead_letter_queue(const QueueSettings& source, std::string_view source_name,
                                     const QueueSettings& target) {
    const std::string text = source.dead_letter ? source.dead_letter->text : "";
    const auto refuse_because = [&text](std::string_view reason) {
        return refuse(FaultKind::invalid_parameter_value,
                      fmt::format("Value {} for parameter RedrivePolicy is invalid. Reason: {}",
                                  text, reason));
    };
    if (source.ordered != target.ordered) {
        return refuse_because("Dead-letter queue must be same type of queue as the source.");
    }
    using Allowed = model::DeadLetterSources::Allowed;
    if (!target.dead_letter_sources || target.dead_letter_sources->allowed == Allowed::all) {
        return {};
    }
    const std::vector<std::string>& listed = target.dead_letter_sources->queues;
    if (target.dead_letter_sources->allowed == Allowed::listed &&
        std::ranges::find(listed, source_name) != listed.end()) {
        return {};
    }
    return refuse_because("The dead-letter queue does not allow this source queue.");
}

}  // namespace polylog::aws

#include "model/queue_config.h"

#include <span>
#include <string>
#include <string_view>

#include "model/topic_config_keys.h"
#include "model/topic_overrides.h"

// Where a front end has words of its own for a setting (a policy's JSON), its text is kept beside
// what was read out of it, to be shown unchanged.
namespace polylog::model {

namespace {

using enum ConfigType;

constexpr int64_t kDay = 86'400'000;
constexpr int64_t kLongest = 3650 * kDay;

// `none` first: a topic that is no queue.
constexpr std::string_view kKinds[] = {"none", "unordered", "ordered"};
// In the order of the enums they stand for.
constexpr std::string_view kAllowedSources[] = {"all", "none", "listed"};
constexpr std::string_view kScopes[] = {"queue", "group"};

template <auto Member>
constexpr auto to_queue = [](TopicConfig& config, const ConfigKey& key, const ConfigValue& value) {
    to<Member>(config.queue, key, value);
};

template <auto Member>
constexpr auto to_encryption =
    [](TopicConfig& config, const ConfigKey& key, const ConfigValue& value) {
        to<Member>(config.queue.encryption, key, value);
    };

// The members of an optional part come in the order of their names; the first of them makes the
// part, the others fill it when it is there.
template <auto Part, auto Member>
constexpr auto to_part = [](TopicConfig& config, const ConfigKey& key, const ConfigValue& value) {
    if (auto& part = config.queue.*Part) to<Member>(*part, key, value);
};

void assign_kind(TopicConfig& config, const ConfigKey&, const ConfigValue& value) {
    const auto& kind = std::get<std::string>(value);
    config.is_queue = kind != kKinds[0];
    config.queue.ordered = kind == kKinds[2];
}

void assign_dead_letter(TopicConfig& config, const ConfigKey&, const ConfigValue& value) {
    const auto& queue = std::get<std::string>(value);
    if (queue.empty()) {
        config.queue.dead_letter.reset();
    } else {
        config.queue.dead_letter.emplace().queue = queue;
    }
}

void assign_sources(TopicConfig& config, const ConfigKey& key, const ConfigValue& value) {
    const auto allowed = member_value<DeadLetterSources::Allowed, void>(key, value);
    config.queue.dead_letter_sources.reset();
    if (allowed != DeadLetterSources::Allowed::all)
        config.queue.dead_letter_sources.emplace().allowed = allowed;
}

// That everybody is allowed may be said in so many words, too.
void assign_sources_text(TopicConfig& config, const ConfigKey&, const ConfigValue& value) {
    const auto& text = std::get<std::string>(value);
    auto& sources = config.queue.dead_letter_sources;
    if (!text.empty() && !sources) sources.emplace();
    if (sources) sources->text = text;
}

void assign_tags(TopicConfig& config, const ConfigKey&, const ConfigValue& value) {
    config.queue.tags = parse_text_map(std::get<std::string>(value));
}

constexpr TopicField kFields[] = {
    {.key = {.name = "polylog.queue",
             .type = string,
             .default_value = "none",
             .choices = kKinds,
             .documentation = "Whether the topic is a queue too, whose messages are leased "
                              "and settled one by one: `unordered`, or `ordered` within "
                              "each message group."},
     .assign = assign_kind},
    {.key = {.name = "polylog.queue.access.policy",
             .type = string,
             .default_value = "",
             .documentation = "A policy document that says who may do what with the queue. "
                              "Empty: its owner alone."},
     .assign = to_queue<&QueueSettings::access_policy>},
    {.key = {.name = "polylog.queue.created.at.ms",
             .type = int64,
             .default_value = "0",
             .min = 0,
             .documentation = "When the queue was created, for its owner to see: milliseconds of "
                              "Unix time. 0: nobody has said."},
     .assign = to_queue<&QueueSettings::created_at_ms>},
    {.key = {.name = "polylog.queue.dead.letter",
             .type = string,
             .default_value = "",
             .documentation = "The queue that gets messages which were leased too often "
                              "without being settled. Empty: none."},
     .assign = assign_dead_letter},
    {.key = {.name = "polylog.queue.dead.letter.leases.max",
             .type = int32,
             .default_value = "10",
             .min = 1,
             .documentation = "How often a message is leased; the next lease moves it to "
                              "the dead-letter queue."},
     .assign = to_part<&QueueSettings::dead_letter, &DeadLetterRule::leases_max>},
    {.key = {.name = "polylog.queue.dead.letter.sources",
             .type = string,
             .default_value = "all",
             .choices = kAllowedSources,
             .documentation = "Which queues may name this one as their dead-letter queue."},
     .assign = assign_sources},
    {.key = {.name = "polylog.queue.dead.letter.sources.listed",
             .type = list,
             .default_value = "",
             .documentation = "The names of those queues, when `listed`."},
     .assign = to_part<&QueueSettings::dead_letter_sources, &DeadLetterSources::queues>},
    {.key = {.name = "polylog.queue.dead.letter.sources.text",
             .type = string,
             .default_value = "",
             .documentation = "The same rule as its owner wrote it; shown, not acted on."},
     .assign = assign_sources_text},
    {.key = {.name = "polylog.queue.dead.letter.text",
             .type = string,
             .default_value = "",
             .documentation = "The dead-letter rule as its owner wrote it; shown, not acted "
                              "on."},
     .assign = to_part<&QueueSettings::dead_letter, &DeadLetterRule::text>},
    {.key = {.name = "polylog.queue.deduplicate.by.content",
             .type = boolean,
             .default_value = "false",
             .documentation = "Whether a message of an ordered queue without a "
                              "deduplication id gets one from its body."},
     .assign = to_queue<&QueueSettings::deduplicate_by_content>},
    {.key = {.name = "polylog.queue.deduplication.scope",
             .type = string,
             .default_value = "queue",
             .choices = kScopes,
             .documentation = "Within what two messages with one deduplication id are the "
                              "same message."},
     .assign = to_queue<&QueueSettings::deduplication_scope>},
    {.key = {.name = "polylog.queue.delay.ms",
             .type = int64,
             .default_value = "0",
             .min = 0,
             .max = kLongest,
             .documentation = "How long a message cannot be leased after it was sent, "
                              "unless its sender says."},
     .assign = to_queue<&QueueSettings::delay>},
    {.key = {.name = "polylog.queue.delete.settled",
             .type = boolean,
             .default_value = "false",
             .documentation = "Whether settled messages are deleted before the topic's "
                              "retention would delete them. What is made as a queue says true."},
     .assign = to_queue<&QueueSettings::delete_settled>},
    {.key = {.name = "polylog.queue.key.id",
             .type = string,
             .default_value = "",
             .documentation = "Names the key that the queue's owner asks messages to be "
                              "encrypted with."},
     .assign = to_encryption<&EncryptionSettings::key_id>},
    {.key = {.name = "polylog.queue.key.managed",
             .type = boolean,
             .default_value = "true",
             .documentation = "Whether the owner asks for encryption with a key of the "
                              "broker."},
     .assign = to_encryption<&EncryptionSettings::managed>},
    {.key = {.name = "polylog.queue.key.reuse.ms",
             .type = int64,
             .default_value = "300000",
             .min = 0,
             .max = kLongest,
             .documentation = "How long one data key may be used for new messages."},
     .assign = to_encryption<&EncryptionSettings::data_key_reuse>},
    {.key = {.name = "polylog.queue.lease.ms",
             .type = int64,
             .default_value = "30000",
             .min = 0,
             .max = kLongest,
             .documentation = "How long a leased message is nobody else's, unless who "
                              "leases it says."},
     .assign = to_queue<&QueueSettings::lease_time>},
    {.key = {.name = "polylog.queue.lease.wait.ms",
             .type = int64,
             .default_value = "0",
             .min = 0,
             .max = kDay,
             .documentation = "How long a request for a message waits for one, unless it "
                              "says."},
     .assign = to_queue<&QueueSettings::lease_wait>},
    {.key = {.name = "polylog.queue.message.max.bytes",
             .type = int64,
             .default_value = "1048576",
             .min = 1,
             .documentation = "The size of a message's body and attributes, at most."},
     .assign = to_queue<&QueueSettings::message_max_bytes>},
    {.key = {.name = "polylog.queue.messages.max",
             .type = int64,
             .default_value = "0",
             .min = 0,
             .documentation = "How many messages the queue holds, in any state, before it "
                              "refuses more. 0: any number."},
     .assign = to_queue<&QueueSettings::messages_max>},
    {.key = {.name = "polylog.queue.modified.at.ms",
             .type = int64,
             .default_value = "0",
             .min = 0,
             .documentation = "When the owner last changed the queue's settings, likewise."},
     .assign = to_queue<&QueueSettings::modified_at_ms>},
    {.key = {.name = "polylog.queue.retention.ms",
             .type = int64,
             .default_value = "345600000",
             .min = 1000,
             .max = kLongest,
             .documentation = "How long after it was sent a message is kept that nobody "
                              "settles."},
     .assign = to_queue<&QueueSettings::retention>},
    {.key = {.name = "polylog.queue.tags",
             .type = string,
             .default_value = "{}",
             .well_formed = is_text_map,
             .form = "a JSON object of strings",
             .documentation = "Names and values by which the queue's owner tells it from "
                              "others."},
     .assign = assign_tags},
    {.key = {.name = "polylog.queue.throughput.scope",
             .type = string,
             .default_value = "queue",
             .choices = kScopes,
             .documentation = "What shares one allowance of calls per second; kept for the "
                              "queue's owner, without effect."},
     .assign = to_queue<&QueueSettings::throughput_scope>},
};

void put_dead_letters(TopicOverrides& overrides, const QueueSettings& settings) {
    if (const auto& rule = settings.dead_letter) {
        overrides.put("polylog.queue.dead.letter", rule->queue);
        overrides.put("polylog.queue.dead.letter.leases.max", uint64_t{rule->leases_max});
        overrides.put("polylog.queue.dead.letter.text", rule->text);
    }
    if (const auto& sources = settings.dead_letter_sources) {
        overrides.put_choice("polylog.queue.dead.letter.sources", sources->allowed);
        overrides.put("polylog.queue.dead.letter.sources.listed", to_text(sources->queues));
        overrides.put("polylog.queue.dead.letter.sources.text", sources->text);
    }
}

}  // namespace

std::span<const TopicField> queue_fields() {
    return kFields;
}

ConfigMap queue_overrides(const QueueSettings& settings) {
    TopicOverrides overrides(kFields);
    overrides.put("polylog.queue", std::string(kKinds[settings.ordered ? 2 : 1]));
    overrides.put("polylog.queue.access.policy", settings.access_policy);
    overrides.put("polylog.queue.created.at.ms", static_cast<uint64_t>(settings.created_at_ms));
    put_dead_letters(overrides, settings);
    overrides.put("polylog.queue.deduplicate.by.content", settings.deduplicate_by_content);
    overrides.put_choice("polylog.queue.deduplication.scope", settings.deduplication_scope);
    overrides.put("polylog.queue.delay.ms", settings.delay);
    overrides.put("polylog.queue.delete.settled", settings.delete_settled);
    overrides.put("polylog.queue.key.id", settings.encryption.key_id);
    overrides.put("polylog.queue.key.managed", settings.encryption.managed);
    overrides.put("polylog.queue.key.reuse.ms", settings.encryption.data_key_reuse);
    overrides.put("polylog.queue.lease.ms", settings.lease_time);
    overrides.put("polylog.queue.lease.wait.ms", settings.lease_wait);
    overrides.put("polylog.queue.message.max.bytes", uint64_t{settings.message_max_bytes});
    overrides.put("polylog.queue.messages.max", settings.messages_max);
    overrides.put("polylog.queue.modified.at.ms", static_cast<uint64_t>(settings.modified_at_ms));
    overrides.put("polylog.queue.retention.ms", settings.retention);
    overrides.put("polylog.queue.tags", to_json(settings.tags));
    overrides.put_choice("polylog.queue.throughput.scope", settings.throughput_scope);
    return overrides.take();
}

}  // namespace polylog::model

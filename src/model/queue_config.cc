#include "model/queue_config.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "model/topic_config_keys.h"

// Where a front end has words of its own for a setting (a policy's JSON), its text is kept beside
// what was read out of it, to be shown unchanged.
namespace polylog::model {

namespace {

using enum ConfigType;

constexpr int64_t kDay = 86'400'000;
constexpr int64_t kLongest = 3650 * kDay;
constexpr size_t kTagsMaxBytes = size_t{64} << 10;

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

bool is_tags(std::string_view text) {
    const auto json = base::Json::parse(text, kTagsMaxBytes);
    if (!json || json->kind() != base::Json::Kind::object) return false;
    for (const auto& [name, value] : json->members()) {
        if (value.kind() != base::Json::Kind::string) return false;
    }
    return true;
}

void assign_tags(TopicConfig& config, const ConfigKey&, const ConfigValue& value) {
    config.queue.tags.clear();
    const auto json = base::Json::parse(std::get<std::string>(value), kTagsMaxBytes);
    for (const auto& [name, text] : json->members())
        config.queue.tags[std::string(name)] = *text.as<std::string_view>();
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
             .well_formed = is_tags,
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

// A key's text for the settings, compared with what it is for a queue that sets nothing.
class Overrides {
public:
    void put(std::string_view name, std::string text) {
        const auto key = std::ranges::find(kFields, name,
                                           [](const TopicField& field) { return field.key.name; });
        if (text != key->key.default_value) map_.emplace(name, std::move(text));
    }
    void put(std::string_view name, bool value) {
        put(name, std::string(value ? "true" : "false"));
    }
    void put(std::string_view name, uint64_t value) { put(name, std::to_string(value)); }
    void put(std::string_view name, base::Duration value) {
        put(name, std::to_string(base::to_ms(value)));
    }
    ConfigMap take() { return std::move(map_); }

private:
    ConfigMap map_;
};

template <class Enum>
std::string choice(std::span<const std::string_view> choices, Enum value) {
    return std::string(choices[static_cast<size_t>(value)]);
}

std::string tags_text(const std::map<std::string, std::string, std::less<>>& tags) {
    std::string text;
    base::JsonWriter json(text);
    json.begin_object();
    for (const auto& [name, value] : tags) json.field(name, value);
    json.end_object();
    return text;
}

void put_dead_letters(Overrides& overrides, const QueueSettings& settings) {
    if (const auto& rule = settings.dead_letter) {
        overrides.put("polylog.queue.dead.letter", rule->queue);
        overrides.put("polylog.queue.dead.letter.leases.max", uint64_t{rule->leases_max});
        overrides.put("polylog.queue.dead.letter.text", rule->text);
    }
    if (const auto& sources = settings.dead_letter_sources) {
        overrides.put("polylog.queue.dead.letter.sources",
                      choice(kAllowedSources, sources->allowed));
        overrides.put("polylog.queue.dead.letter.sources.listed", to_text(sources->queues));
        overrides.put("polylog.queue.dead.letter.sources.text", sources->text);
    }
}

}  // namespace

std::span<const TopicField> queue_fields() {
    return kFields;
}

ConfigMap queue_overrides(const QueueSettings& settings) {
    Overrides overrides;
    overrides.put("polylog.queue", std::string(kKinds[settings.ordered ? 2 : 1]));
    overrides.put("polylog.queue.access.policy", settings.access_policy);
    put_dead_letters(overrides, settings);
    overrides.put("polylog.queue.deduplicate.by.content", settings.deduplicate_by_content);
    overrides.put("polylog.queue.deduplication.scope",
                  choice(kScopes, settings.deduplication_scope));
    overrides.put("polylog.queue.delay.ms", settings.delay);
    overrides.put("polylog.queue.key.id", settings.encryption.key_id);
    overrides.put("polylog.queue.key.managed", settings.encryption.managed);
    overrides.put("polylog.queue.key.reuse.ms", settings.encryption.data_key_reuse);
    overrides.put("polylog.queue.lease.ms", settings.lease_time);
    overrides.put("polylog.queue.lease.wait.ms", settings.lease_wait);
    overrides.put("polylog.queue.message.max.bytes", uint64_t{settings.message_max_bytes});
    overrides.put("polylog.queue.messages.max", settings.messages_max);
    overrides.put("polylog.queue.retention.ms", settings.retention);
    overrides.put("polylog.queue.tags", tags_text(settings.tags));
    overrides.put("polylog.queue.throughput.scope", choice(kScopes, settings.throughput_scope));
    return overrides.take();
}

}  // namespace polylog::model

#include "model/publication_config.h"

#include <span>
#include <string>
#include <string_view>

#include "model/topic_config_keys.h"
#include "model/topic_overrides.h"

// What only front ends understand is kept as the text that its owner wrote.
namespace polylog::model {

namespace {

using enum ConfigType;

// `none` first: a topic without subscribers.
constexpr std::string_view kKinds[] = {"none", "unordered", "ordered"};
constexpr std::string_view kScopes[] = {"topic", "group"};  // in the order of PublicationScope

template <auto Member>
constexpr auto to_publication =
    [](TopicConfig& config, const ConfigKey& key, const ConfigValue& value) {
        to<Member>(config.publication, key, value);
    };

template <auto Member>
constexpr auto to_map = [](TopicConfig& config, const ConfigKey&, const ConfigValue& value) {
    config.publication.*Member = parse_text_map(std::get<std::string>(value));
};

void assign_kind(TopicConfig& config, const ConfigKey&, const ConfigValue& value) {
    const auto& kind = std::get<std::string>(value);
    config.is_publication = kind != kKinds[0];
    config.publication.ordered = kind == kKinds[2];
}

constexpr TopicField kFields[] = {
    {.key = {.name = "polylog.publication",
             .type = string,
             .default_value = "none",
             .choices = kKinds,
             .documentation = "Whether messages of the topic go to its subscribers: `unordered`, "
                              "or `ordered` within each message group. A queue cannot have "
                              "subscribers."},
     .assign = assign_kind},
    {.key = {.name = "polylog.publication.access.policy",
             .type = string,
             .default_value = "",
             .documentation = "A policy document that says who may publish and subscribe. Empty: "
                              "its owner alone."},
     .assign = to_publication<&PublicationSettings::access_policy>},
    {.key = {.name = "polylog.publication.archive.policy",
             .type = string,
             .default_value = "",
             .documentation = "How long messages may be delivered again, as the topic's owner "
                              "wrote it."},
     .assign = to_publication<&PublicationSettings::archive_policy>},
    {.key = {.name = "polylog.publication.data.protection.policy",
             .type = string,
             .default_value = "",
             .documentation = "A policy document on what messages may contain; shown, not acted "
                              "on."},
     .assign = to_publication<&PublicationSettings::data_protection_policy>},
    {.key = {.name = "polylog.publication.deduplicate.by.content",
             .type = boolean,
             .default_value = "false",
             .documentation = "Whether a message of an ordered topic without a deduplication id "
                              "gets one from its body."},
     .assign = to_publication<&PublicationSettings::deduplicate_by_content>},
    {.key = {.name = "polylog.publication.deduplication.scope",
             .type = string,
             .default_value = "topic",
             .choices = kScopes,
             .documentation = "Within what two messages with one deduplication id are the same "
                              "message."},
     .assign = to_publication<&PublicationSettings::deduplication_scope>},
    {.key = {.name = "polylog.publication.delivery.policy",
             .type = string,
             .default_value = "",
             .documentation = "Pace and retries of deliveries to addresses outside, as the topic's "
                              "owner wrote it."},
     .assign = to_publication<&PublicationSettings::delivery_policy>},
    {.key = {.name = "polylog.publication.display.name",
             .type = string,
             .default_value = "",
             .documentation = "The topic's name for people, as its owner wrote it."},
     .assign = to_publication<&PublicationSettings::display_name>},
    {.key = {.name = "polylog.publication.feedback",
             .type = string,
             .default_value = "{}",
             .well_formed = is_text_map,
             .form = "a JSON object of strings",
             .documentation = "Who is told of deliveries and how often, by names that the "
                              "front end gives; shown, not acted on."},
     .assign = to_map<&PublicationSettings::feedback>},
    {.key = {.name = "polylog.publication.key.id",
             .type = string,
             .default_value = "",
             .documentation = "Names the key that the topic's owner asks messages to be "
                              "encrypted with; shown, not acted on."},
     .assign = to_publication<&PublicationSettings::key_id>},
    {.key = {.name = "polylog.publication.message.max.bytes",
             .type = int64,
             .default_value = "262144",
             .min = 1,
             .documentation = "The size of a message's body and attributes, at most."},
     .assign = to_publication<&PublicationSettings::message_max_bytes>},
    {.key = {.name = "polylog.publication.signature.version",
             .type = int32,
             .default_value = "1",
             .min = 1,
             .max = 2,
             .documentation = "How the envelopes of messages are signed."},
     .assign = to_publication<&PublicationSettings::signature_version>},
    {.key = {.name = "polylog.publication.tags",
             .type = string,
             .default_value = "{}",
             .well_formed = is_text_map,
             .form = "a JSON object of strings",
             .documentation = "Names and values by which the topic's owner tells it from "
                              "others."},
     .assign = to_map<&PublicationSettings::tags>},
    {.key = {.name = "polylog.publication.throughput.scope",
             .type = string,
             .default_value = "topic",
             .choices = kScopes,
             .documentation = "What shares one allowance of calls per second; kept for the "
                              "topic's owner, without effect."},
     .assign = to_publication<&PublicationSettings::throughput_scope>},
    {.key = {.name = "polylog.publication.tracing",
             .type = string,
             .default_value = "",
             .documentation = "What the topic's owner said about tracing; shown, not acted on."},
     .assign = to_publication<&PublicationSettings::tracing>},
};

}  // namespace

std::span<const TopicField> publication_fields() {
    return kFields;
}

ConfigMap publication_overrides(const PublicationSettings& settings) {
    TopicOverrides overrides(kFields);
    overrides.put("polylog.publication", std::string(kKinds[settings.ordered ? 2 : 1]));
    overrides.put("polylog.publication.access.policy", settings.access_policy);
    overrides.put("polylog.publication.archive.policy", settings.archive_policy);
    overrides.put("polylog.publication.data.protection.policy", settings.data_protection_policy);
    overrides.put("polylog.publication.deduplicate.by.content", settings.deduplicate_by_content);
    overrides.put_choice("polylog.publication.deduplication.scope", settings.deduplication_scope);
    overrides.put("polylog.publication.delivery.policy", settings.delivery_policy);
    overrides.put("polylog.publication.display.name", settings.display_name);
    overrides.put("polylog.publication.feedback", to_json(settings.feedback));
    overrides.put("polylog.publication.key.id", settings.key_id);
    overrides.put("polylog.publication.message.max.bytes", uint64_t{settings.message_max_bytes});
    overrides.put("polylog.publication.signature.version", uint64_t{settings.signature_version});
    overrides.put("polylog.publication.tags", to_json(settings.tags));
    overrides.put_choice("polylog.publication.throughput.scope", settings.throughput_scope);
    overrides.put("polylog.publication.tracing", settings.tracing);
    return overrides.take();
}

}  // namespace polylog::model

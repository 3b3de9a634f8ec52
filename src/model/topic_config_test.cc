#include "model/topic_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polylog::model {
namespace {

using base::ErrorCode;
using testing::HasSubstr;
using enum ConfigChange::Operation;

base::Result<TopicConfig> parse(const ConfigMap& overrides) {
    return parse_topic_config(overrides, TopicConfig{});
}

ConfigEntry entry_of(const std::vector<ConfigEntry>& entries, std::string_view name) {
    for (const ConfigEntry& entry : entries) {
        if (entry.name == name) return entry;
    }
    ADD_FAILURE() << "no entry " << name;
    return {};
}

TEST(TopicConfig, ATopicThatSetsNothingHasTheDocumentedDefaults) {
    const auto defaults = topic_defaults({});
    ASSERT_TRUE(defaults) << defaults.error().message();
    EXPECT_EQ(*defaults, TopicConfig{}) << "the key table and the struct state the same defaults";
}

TEST(TopicConfig, EveryDefaultIsAValueOfItsKey) {
    for (const ConfigKey& key : topic_config_keys().all()) {
        ASSERT_TRUE(key.default_value) << key.name;
        const auto value = parse_config(key, *key.default_value);
        ASSERT_TRUE(value) << key.name;
        EXPECT_EQ(to_text(*value), *key.default_value) << key.name;
    }
}

TEST(TopicConfig, EveryKeyIsDocumented) {
    for (const ConfigKey& key : topic_config_keys().all()) {
        EXPECT_GE(key.documentation.size(), 40u) << key.name;
        EXPECT_TRUE(key.documentation.ends_with('.')) << key.name;
    }
}

TEST(TopicConfig, KnowsTheKeysOfKafkaClients) {
    for (const char* name : {"cleanup.policy",
                             "compression.gzip.level",
                             "compression.lz4.level",
                             "compression.type",
                             "compression.zstd.level",
                             "delete.retention.ms",
                             "errors.deadletterqueue.group.enable",
                             "file.delete.delay.ms",
                             "flush.messages",
                             "flush.ms",
                             "follower.replication.throttled.replicas",
                             "index.interval.bytes",
                             "leader.replication.throttled.replicas",
                             "local.retention.bytes",
                             "local.retention.ms",
                             "max.compaction.lag.ms",
                             "max.message.bytes",
                             "message.timestamp.after.max.ms",
                             "message.timestamp.before.max.ms",
                             "message.timestamp.type",
                             "min.cleanable.dirty.ratio",
                             "min.compaction.lag.ms",
                             "min.insync.replicas",
                             "polylog.durability",
                             "preallocate",
                             "remote.log.copy.disable",
                             "remote.log.delete.on.disable",
                             "remote.storage.enable",
                             "retention.bytes",
                             "retention.ms",
                             "segment.bytes",
                             "segment.index.bytes",
                             "segment.jitter.ms",
                             "segment.ms",
                             "unclean.leader.election.enable"}) {
        EXPECT_NE(topic_config_keys().find(name), nullptr) << name;
    }
}

TEST(TopicConfig, OverridesReachTheirMembers) {
    const auto config = parse({{"cleanup.policy", "compact,delete"},
                               {"compression.type", "zstd"},
                               {"message.timestamp.type", "LogAppendTime"},
                               {"min.cleanable.dirty.ratio", "0.25"},
                               {"polylog.durability", "os"},
                               {"retention.ms", "-1"},
                               {"segment.bytes", "1048576"},
                               {"unclean.leader.election.enable", "true"},
                               {"leader.replication.throttled.replicas", "0:1, 12:3"}});
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_TRUE(config->compact);
    EXPECT_TRUE(config->delete_expired);
    EXPECT_EQ(config->compression_type, TopicCompression::zstd);
    EXPECT_EQ(config->message_timestamp_type, TimestampType::append_time);
    EXPECT_EQ(config->min_cleanable_dirty_ratio, 0.25);
    EXPECT_EQ(config->durability, Durability::os);
    EXPECT_EQ(config->retention_ms, TopicConfig::kUnlimited);
    EXPECT_EQ(config->segment_bytes, 1 << 20);
    EXPECT_TRUE(config->unclean_leader_election_enable);
    EXPECT_EQ(config->leader_throttled_replicas, (std::vector<std::string>{"0:1", "12:3"}));
    EXPECT_EQ(config->segment_ms, TopicConfig{}.segment_ms)
        << "what is not overridden keeps its default";
}

TEST(TopicConfig, AnEmptyCleanupPolicyKeepsEverything) {
    const auto config = parse({{"cleanup.policy", ""}});
    ASSERT_TRUE(config);
    EXPECT_FALSE(config->compact);
    EXPECT_FALSE(config->delete_expired);
}

TEST(TopicConfig, ValuesOutOfRangeAreRefused) {
    const std::pair<const char*, const char*> cases[] = {
        {"cleanup.policy", "purge"},
        {"compression.gzip.level", "0"},
        {"compression.gzip.level", "10"},
        {"compression.lz4.level", "18"},
        {"compression.type", "none"},
        {"compression.zstd.level", "23"},
        {"max.message.bytes", "-1"},
        {"max.message.bytes", "2147483648"},
        {"message.timestamp.type", "createtime"},
        {"min.cleanable.dirty.ratio", "1.5"},
        {"min.insync.replicas", "0"},
        {"polylog.durability", "none"},
        {"remote.storage.enable", "true"},
        {"retention.ms", "-2"},
        {"segment.bytes", "1048575"},
        {"segment.ms", "0"},
        {"follower.replication.throttled.replicas", "0:1,2"},
    };
    for (const auto& [name, value] : cases) {
        const auto config = parse({{name, value}});
        ASSERT_FALSE(config) << name << '=' << value;
        EXPECT_EQ(config.error(), ErrorCode::invalid_config);
        EXPECT_THAT(std::string(config.error().detail()), HasSubstr(name));
    }
}

TEST(TopicConfig, RetiredAndMisspelledNamesAreRefusedWithAHint) {
    const auto retired = parse({{"message.timestamp.difference.max.ms", "1"}});
    ASSERT_FALSE(retired);
    EXPECT_THAT(std::string(retired.error().detail()),
                HasSubstr("did you mean 'message.timestamp."));
    const auto misspelled = parse({{"retention.bites", "1"}});
    ASSERT_FALSE(misspelled);
    EXPECT_THAT(std::string(misspelled.error().detail()),
                HasSubstr("did you mean 'retention.bytes'?"));
}

TEST(TopicConfig, CompactionLagsMustNotContradict) {
    EXPECT_FALSE(parse({{"min.compaction.lag.ms", "10"}, {"max.compaction.lag.ms", "9"}}));
    EXPECT_TRUE(parse({{"min.compaction.lag.ms", "10"}, {"max.compaction.lag.ms", "10"}}));
    const auto defaults = topic_defaults(
        {.static_broker = {{"log.cleaner.max.compaction.lag.ms", "9"}}});
    ASSERT_TRUE(defaults);
    EXPECT_FALSE(parse_topic_config({{"min.compaction.lag.ms", "10"}}, *defaults))
        << "an override can contradict a default";
}

TEST(TopicConfig, BrokerSettingsAreTheDefaultsInTheirUnits) {
    const auto retention_ms = [](const BrokerConfigLayers& layers) {
        const auto config = topic_defaults(layers);
        return config ? config->retention_ms : -99;
    };
    EXPECT_EQ(retention_ms({.static_broker = {{"log.retention.hours", "2"}}}), 7'200'000);
    EXPECT_EQ(retention_ms({.static_broker = {{"log.retention.hours", "2"},
                                              {"log.retention.minutes", "3"}}}),
              180'000);
    EXPECT_EQ(retention_ms(
                  {.static_broker = {{"log.retention.minutes", "3"}, {"log.retention.ms", "7"}}}),
              7);
    EXPECT_EQ(retention_ms({.static_broker = {{"log.retention.hours", "-1"}}}),
              TopicConfig::kUnlimited);
    EXPECT_EQ(retention_ms({.dynamic_default = {{"log.retention.ms", "5"}},
                            .static_broker = {{"log.retention.ms", "7"}}}),
              5);
    EXPECT_EQ(retention_ms({.dynamic_broker = {{"log.retention.ms", "4"}},
                            .dynamic_default = {{"log.retention.ms", "5"}}}),
              4);
    EXPECT_EQ(retention_ms({.static_broker = {{"log.retention.hours", "2147483647"}}}),
              2'147'483'647LL * 3'600'000);
}

TEST(TopicConfig, OnlyTheFirstSpellingOfABrokerDefaultCanBeAlteredLive) {
    for (const ConfigKey& key : topic_default_keys()) {
        const bool later_spelling = key.name.ends_with(".hours") ||
                                    key.name.ends_with(".minutes") ||
                                    key.name == "log.flush.scheduler.interval.ms";
        EXPECT_EQ(key.read_only, later_spelling) << key.name;
    }
}

TEST(TopicConfig, DescribeShowsTheValueInEffectAndEveryLayer) {
    const ConfigMap overrides{{"retention.ms", "1000"}};
    const BrokerConfigLayers broker{.dynamic_default = {{"log.retention.ms", "5"},
                                                        {"message.max.bytes", "99"}},
                                    .static_broker = {{"log.retention.hours", "2"},
                                                      {"log.roll.hours", "3"}}};
    const auto entries = describe_topic_config(overrides, broker);
    EXPECT_EQ(entries.size(), topic_config_keys().all().size());

    const ConfigEntry own = entry_of(entries, "retention.ms");
    EXPECT_EQ(own.value, "1000");
    EXPECT_EQ(own.source, ConfigSource::dynamic_topic);
    EXPECT_THAT(
        own.synonyms,
        testing::ElementsAre(ConfigSynonym{"retention.ms", "1000", ConfigSource::dynamic_topic},
                             ConfigSynonym{"log.retention.ms", "5", ConfigSource::dynamic_default},
                             ConfigSynonym{"log.retention.hours", "2", ConfigSource::static_broker},
                             ConfigSynonym{"log.retention.hours", "168", ConfigSource::built_in}));

    const ConfigEntry from_all_brokers = entry_of(entries, "max.message.bytes");
    EXPECT_EQ(from_all_brokers.value, "99");
    EXPECT_EQ(from_all_brokers.source, ConfigSource::dynamic_default);
    EXPECT_EQ(from_all_brokers.type, ConfigType::int32);

    const ConfigEntry converted = entry_of(entries, "segment.ms");
    EXPECT_EQ(converted.value, "10800000") << "three hours, in the topic key's unit";
    EXPECT_EQ(converted.source, ConfigSource::static_broker);

    const ConfigEntry untouched = entry_of(entries, "remote.storage.enable");
    EXPECT_EQ(untouched.value, "false");
    EXPECT_EQ(untouched.source, ConfigSource::built_in);
}

TEST(TopicConfig, AlteringAppendsToWhatTheBrokerGives) {
    const BrokerConfigLayers broker{.static_broker = {{"log.cleanup.policy", "compact"}}};
    const auto altered = alter_topic_config({}, {{{"cleanup.policy", append, "delete"}}}, broker);
    ASSERT_TRUE(altered) << altered.error().message();
    EXPECT_EQ(*altered, (ConfigMap{{"cleanup.policy", "compact,delete"}}));
}

TEST(TopicConfig, AlteringRefusesWhatContradictsTheRest) {
    const ConfigMap current{{"max.compaction.lag.ms", "10"}};
    EXPECT_FALSE(alter_topic_config(current, {{{"min.compaction.lag.ms", set, "11"}}}, {}));
    EXPECT_FALSE(alter_topic_config(current, {{{"remote.storage.enable", set, "true"}}}, {}));
    EXPECT_TRUE(alter_topic_config(current, {{{"min.compaction.lag.ms", set, "10"}}}, {}));
}

TEST(TopicConfig, AlteringStoresTheCanonicalText) {
    const auto altered = alter_topic_config(
        {}, {{{"cleanup.policy", set, " delete , compact "}, {"preallocate", set, "TRUE"}}}, {});
    ASSERT_TRUE(altered);
    EXPECT_EQ(*altered, (ConfigMap{{"cleanup.policy", "delete,compact"}, {"preallocate", "true"}}));
}

TEST(TopicConfig, BrokerSynonymsAreFoundByTopicKey) {
    EXPECT_EQ(broker_synonyms("max.message.bytes").front().name, "message.max.bytes");
    EXPECT_EQ(broker_synonyms("retention.ms").size(), 3u);
    EXPECT_TRUE(broker_synonyms("remote.storage.enable").empty());
    EXPECT_TRUE(broker_synonyms("nonsense").empty());
}

}  // namespace
}  // namespace polylog::model

#include "model/broker_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polylog::model {
namespace {

using base::ErrorCode;
using testing::HasSubstr;
using enum ConfigChange::Operation;

ConfigEntry entry_of(const std::vector<ConfigEntry>& entries, std::string_view name) {
    for (const ConfigEntry& entry : entries) {
        if (entry.name == name) return entry;
    }
    ADD_FAILURE() << "no entry " << name;
    return {};
}

TEST(BrokerConfig, ABrokerThatSetsNothingHasTheDocumentedDefaults) {
    const auto config = parse_broker_config({});
    ASSERT_TRUE(config) << config.error().message();
    BrokerConfig expected;
    expected.log_dirs = {"polylog-data"};
    expected.listeners = {"PLAINTEXT://127.0.0.1:9092"};
    EXPECT_EQ(*config, expected) << "the key table and the struct state the same defaults";
}

TEST(BrokerConfig, EveryDefaultIsAValueOfItsKeyAndEveryKeyIsDocumented) {
    for (const ConfigKey& key : broker_config_keys().all()) {
        EXPECT_GE(key.documentation.size(), 20u) << key.name;
        EXPECT_TRUE(key.documentation.ends_with('.')) << key.name;
        if (!key.default_value) continue;
        const auto value = parse_config(key, *key.default_value);
        ASSERT_TRUE(value) << key.name;
        EXPECT_EQ(to_text(*value), *key.default_value) << key.name;
    }
}

TEST(BrokerConfig, ServesTheKeysThatConsolesRead) {
    for (const char* name : {"advertised.listeners",
                             "auto.create.topics.enable",
                             "default.replication.factor",
                             "delete.topic.enable",
                             "listeners",
                             "log.cleanup.policy",
                             "log.dirs",
                             "log.retention.bytes",
                             "log.retention.hours",
                             "log.retention.minutes",
                             "log.retention.ms",
                             "log.segment.bytes",
                             "message.max.bytes",
                             "min.insync.replicas",
                             "node.id",
                             "num.partitions",
                             "offsets.retention.minutes",
                             "group.initial.rebalance.delay.ms",
                             "group.max.session.timeout.ms",
                             "group.min.session.timeout.ms",
                             "transaction.max.timeout.ms",
                             "unclean.leader.election.enable"}) {
        EXPECT_NE(broker_config_keys().find(name), nullptr) << name;
    }
}

TEST(BrokerConfig, SettingsReachTheirMembersInTheirUnits) {
    const auto config = parse_broker_config(
        {.dynamic_default = {{"num.partitions", "12"}},
         .static_broker = {{"broker.rack", "a"},
                           {"num.partitions", "3"},
                           {"offsets.retention.minutes", "5"},
                           {"connections.max.idle.ms", "9223372036854775807"},
                           {"listeners", "PLAINTEXT://0.0.0.0:9092, SSL://[::1]:9093"},
                           {"log.retention.hours", "1"}}});
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->num_partitions, 12) << "a dynamic setting wins over the file";
    EXPECT_EQ(config->rack, "a");
    EXPECT_EQ(config->offsets_retention, std::chrono::minutes(5));
    EXPECT_EQ(config->connections_max_idle, base::Duration::max())
        << "more than a timer holds is never";
    EXPECT_EQ(config->listeners.size(), 2u);
    EXPECT_EQ(config->topic_defaults.retention_ms, 3'600'000);
}

TEST(BrokerConfig, UnacceptableSettingsAreRefused) {
    const BrokerConfigLayers cases[] = {
        {.static_broker = {{"num.partitions", "0"}}},
        {.static_broker = {{"num.partition", "1"}}},
        {.static_broker = {{"listeners", "127.0.0.1:9092"}}},
        {.static_broker = {{"listeners", "PLAINTEXT://localhost"}}},
        {.static_broker = {{"retention.ms", "1"}}},
        {.static_broker = {{"log.retention.hours", "-2"}}},
        {.dynamic_broker = {{"node.id", "2"}}},
        {.dynamic_default = {{"log.retention.hours", "2"}}},
        {.static_broker = {{"group.min.session.timeout.ms", "10"},
                           {"group.max.session.timeout.ms", "9"}}},
        {.static_broker = {{"group.consumer.session.timeout.ms", "60001"}}},
        {.static_broker = {{"group.consumer.heartbeat.interval.ms", "4999"}}},
        {.static_broker = {{"replica.lag.time.max.ms", "499"}}},
        {.static_broker = {{"log.cleaner.min.compaction.lag.ms", "2"},
                           {"log.cleaner.max.compaction.lag.ms", "1"}}},
    };
    for (const BrokerConfigLayers& layers : cases) {
        const auto config = parse_broker_config(layers);
        ASSERT_FALSE(config) << (layers.static_broker.empty()
                                     ? "dynamic"
                                     : layers.static_broker.begin()->first);
        EXPECT_EQ(config.error(), ErrorCode::invalid_config);
    }
}

TEST(BrokerConfig, DescribeShowsEveryLayerOfAKey) {
    const BrokerConfigLayers layers{.dynamic_broker = {{"message.max.bytes", "3"}},
                                    .dynamic_default = {{"message.max.bytes", "2"}},
                                    .static_broker = {{"message.max.bytes", "1"}}};
    const auto entries = describe_broker_config(layers);
    const ConfigEntry entry = entry_of(entries, "message.max.bytes");
    EXPECT_EQ(entry.value, "3");
    EXPECT_EQ(entry.source, ConfigSource::dynamic_broker);
    EXPECT_FALSE(entry.read_only);
    EXPECT_THAT(entry.synonyms,
                testing::ElementsAre(
                    ConfigSynonym{"message.max.bytes", "3", ConfigSource::dynamic_broker},
                    ConfigSynonym{"message.max.bytes", "2", ConfigSource::dynamic_default},
                    ConfigSynonym{"message.max.bytes", "1", ConfigSource::static_broker},
                    ConfigSynonym{"message.max.bytes", "1048588", ConfigSource::built_in}));
    const ConfigEntry unset = entry_of(entries, "log.retention.ms");
    EXPECT_FALSE(unset.value);
    EXPECT_TRUE(unset.synonyms.empty());
    EXPECT_TRUE(entry_of(entries, "node.id").read_only);
    EXPECT_EQ(entry_of(entries, "log.retention.hours").value, "168");
}

TEST(BrokerConfig, AlteringChangesOnlyTheNamedLayer) {
    const BrokerConfigLayers layers{.dynamic_broker = {{"num.partitions", "2"}},
                                    .dynamic_default = {{"num.partitions", "3"}}};
    const auto all = alter_broker_config(layers, DynamicLayer::all_brokers,
                                         {{{"num.partitions", set, "5"}}});
    ASSERT_TRUE(all);
    EXPECT_EQ(*all, (ConfigMap{{"num.partitions", "5"}}));
    const auto one = alter_broker_config(layers, DynamicLayer::broker,
                                         {{{"num.partitions", reset, std::nullopt},
                                           {"log.cleanup.policy", append, "compact"}}});
    ASSERT_TRUE(one);
    EXPECT_EQ(*one, (ConfigMap{{"log.cleanup.policy", "delete,compact"}}));
}

TEST(BrokerConfig, AlteringRefusesReadOnlyKeysAndContradictions) {
    const auto read_only = alter_broker_config({}, DynamicLayer::broker,
                                               {{{"listeners", set, "SSL://a:1"}}});
    ASSERT_FALSE(read_only);
    EXPECT_EQ(read_only.error(), ErrorCode::invalid_request);
    EXPECT_THAT(std::string(read_only.error().detail()), HasSubstr("at start only"));
    const auto contradiction = alter_broker_config(
        {}, DynamicLayer::broker, {{{"group.min.session.timeout.ms", set, "1800001"}}});
    ASSERT_FALSE(contradiction);
    EXPECT_EQ(contradiction.error(), ErrorCode::invalid_config);
}

}  // namespace
}  // namespace polylog::model

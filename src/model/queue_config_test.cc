#include "model/queue_config.h"

#include <gtest/gtest.h>

#include "model/topic_config.h"

namespace polylog::model {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

QueueSettings unusual_settings() {
    QueueSettings settings;
    settings.lease_time = minutes(1);
    settings.lease_wait = seconds(20);
    settings.dead_letter = DeadLetterRule{"orders-dead", 5, R"({"maxReceiveCount":"5"})"};
    settings.dead_letter_sources = DeadLetterSources{DeadLetterSources::Allowed::listed,
                                                     {"orders", "refunds"},
                                                     R"({"permission":"byQueue"})"};
    settings.delay = seconds(90);
    settings.retention = seconds(60);
    settings.message_max_bytes = 1024;
    settings.messages_max = 1'000'000;
    settings.delete_settled = true;
    settings.ordered = true;
    settings.deduplicate_by_content = true;
    settings.deduplication_scope = DeduplicationScope::group;
    settings.throughput_scope = ThroughputScope::group;
    settings.access_policy = R"({"Statement":[{"Effect":"Allow"}]})";
    settings.encryption = {.key_id = "alias/orders",
                           .data_key_reuse = minutes(1),
                           .managed = false};
    settings.tags = {{"team", "orders, and \"more\""}, {"empty", ""}};
    return settings;
}

TEST(QueueConfig, ATopicIsNoQueueUnlessItSaysSo) {
    const auto config = parse_topic_config({{"polylog.queue.delay.ms", "5"}}, {});
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_FALSE(config->is_queue);
    EXPECT_FALSE(topic_defaults({})->is_queue);
    EXPECT_EQ(topic_defaults({})->queue, QueueSettings{});
}

TEST(QueueConfig, AQueueThatSetsNothingIsOneKey) {
    EXPECT_EQ(queue_overrides({}), (ConfigMap{{"polylog.queue", "unordered"}}));
    EXPECT_TRUE(parse_topic_config(queue_overrides({}), {})->is_queue);
}

TEST(QueueConfig, EverySettingComesBackFromTheTopicsConfiguration) {
    const QueueSettings settings = unusual_settings();
    const auto defaults = topic_defaults({});
    ASSERT_TRUE(defaults) << defaults.error().message();
    const auto config = parse_topic_config(queue_overrides(settings), *defaults);
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_TRUE(config->is_queue);
    EXPECT_EQ(config->queue, settings);
}

TEST(QueueConfig, PermissionForEverybodyKeepsItsText) {
    QueueSettings settings;
    settings.dead_letter_sources = DeadLetterSources{DeadLetterSources::Allowed::all,
                                                     {},
                                                     R"({"redrivePermission":"allowAll"})"};
    const auto config = parse_topic_config(queue_overrides(settings), {});
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->queue, settings);
}

TEST(QueueConfig, RefusesWhatNoQueueCanDo) {
    for (const auto& [name, text] : ConfigMap{{"polylog.queue", "fifo"},
                                              {"polylog.queue.delay.ms", "-1"},
                                              {"polylog.queue.dead.letter.leases.max", "0"},
                                              {"polylog.queue.retention.ms", "0"},
                                              {"polylog.queue.tags", R"({"team":1})"},
                                              {"polylog.queue.tags", "team"},
                                              {"polylog.queue.dead.letter.sources", "some"}}) {
        const auto config = parse_topic_config({{name, text}}, {});
        ASSERT_FALSE(config) << name;
        EXPECT_EQ(config.error(), base::ErrorCode::invalid_config);
    }
}

}  // namespace
}  // namespace polylog::model

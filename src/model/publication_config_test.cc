#include "model/publication_config.h"

#include <gtest/gtest.h>

#include "model/queue_config.h"
#include "model/topic_config.h"

namespace polylog::model {
namespace {

PublicationSettings unusual_settings() {
    PublicationSettings settings;
    settings.ordered = true;
    settings.deduplicate_by_content = true;
    settings.deduplication_scope = PublicationScope::group;
    settings.throughput_scope = PublicationScope::group;
    settings.message_max_bytes = 1024;
    settings.display_name = "Orders, all of them";
    settings.access_policy = R"({"Statement":[{"Effect":"Allow"}]})";
    settings.delivery_policy = R"({"http":{}})";
    settings.archive_policy = R"({"MessageRetentionPeriod":"30"})";
    settings.data_protection_policy = R"({"Name":"none"})";
    settings.tracing = "Active";
    settings.key_id = "alias/orders";
    settings.signature_version = 2;
    settings.feedback = {{"HTTPSuccessFeedbackSampleRate", "100"}};
    settings.tags = {{"team", "orders, and \"more\""}, {"empty", ""}};
    return settings;
}

TEST(PublicationConfig, ATopicHasNoSubscribersUnlessItSaysSo) {
    const auto config = parse_topic_config({{"polylog.publication.display.name", "o"}}, {});
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_FALSE(config->is_publication);
    EXPECT_FALSE(topic_defaults({})->is_publication);
    EXPECT_EQ(topic_defaults({})->publication, PublicationSettings{});
}

TEST(PublicationConfig, ATopicThatSetsNothingIsOneKey) {
    EXPECT_EQ(publication_overrides({}), (ConfigMap{{"polylog.publication", "unordered"}}));
    EXPECT_TRUE(parse_topic_config(publication_overrides({}), {})->is_publication);
}

TEST(PublicationConfig, EverySettingComesBackFromTheTopicsConfiguration) {
    const PublicationSettings settings = unusual_settings();
    const auto defaults = topic_defaults({});
    ASSERT_TRUE(defaults) << defaults.error().message();
    const auto config = parse_topic_config(publication_overrides(settings), *defaults);
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_TRUE(config->is_publication);
    EXPECT_EQ(config->publication, settings);
}

TEST(PublicationConfig, RefusesWhatNoTopicCanDo) {
    for (const auto& [name, text] : ConfigMap{{"polylog.publication", "fifo"},
                                              {"polylog.publication.signature.version", "3"},
                                              {"polylog.publication.message.max.bytes", "0"},
                                              {"polylog.publication.tags", R"({"team":1})"},
                                              {"polylog.publication.feedback", "often"},
                                              {"polylog.publication.throughput.scope", "queue"}}) {
        const auto config = parse_topic_config({{name, text}}, {});
        ASSERT_FALSE(config) << name;
        EXPECT_EQ(config.error(), base::ErrorCode::invalid_config);
    }
}

TEST(PublicationConfig, AQueueCannotHaveSubscribers) {
    ConfigMap both = publication_overrides({});
    both.merge(queue_overrides({}));
    const auto config = parse_topic_config(both, {});
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error(), base::ErrorCode::invalid_config);
}

}  // namespace
}  // namespace polylog::model

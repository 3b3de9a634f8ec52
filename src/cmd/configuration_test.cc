#include "cmd/configuration.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "broker/data_directory.h"
#include "cmd/setting.h"

namespace polylog::cmd {
namespace {

std::string refusal(ConfigLayer layer) {
    const auto configuration = configure(std::move(layer));
    if (configuration) return "accepted";
    EXPECT_EQ(configuration.error().code(), base::ErrorCode::invalid_config);
    return std::string(configuration.error().detail());
}

TEST(Settings, ShowWhatTheyAccept) {
    for (const Setting& setting : all_settings()) {
        const std::string shown = setting.show(Settings());
        Settings settings;
        EXPECT_TRUE(setting.assign(settings, shown).has_value()) << setting.key << ' ' << shown;
        EXPECT_EQ(setting.show(settings), shown) << setting.key;
        EXPECT_FALSE(setting.documentation.empty()) << setting.key;
    }
}

TEST(Configuration, PutsEveryKindOfValueInItsPlace) {
    const auto configuration = configure({{"data_dir", {"/d", "f"}},
                                          {"shards", {"3", "f"}},
                                          {"pin_threads", {"true", "f"}},
                                          {"disk.engine", {"threads", "f"}},
                                          {"listen.kafka", {"a:1, [::1]:2 advertise c:3", "f"}},
                                          {"storage.tail_cache_bytes", {"1MiB", "f"}},
                                          {"limits.idle_timeout", {"90s", "f"}},
                                          {"log.level", {"warn", "f"}}});
    ASSERT_TRUE(configuration.has_value()) << configuration.error().message();
    const Settings& settings = configuration->settings;
    EXPECT_EQ(settings.data_dir, "/d");
    EXPECT_EQ(settings.shards, 3);
    EXPECT_TRUE(settings.pin_threads);
    EXPECT_EQ(settings.disk_engine, io::DiskEngineChoice::threads);
    ASSERT_EQ(settings.kafka.size(), 2);
    EXPECT_EQ(settings.kafka[1].bind, (io::Endpoint{"::1", 2}));
    EXPECT_EQ(settings.kafka[1].advertise, (io::Endpoint{"c", 3}));
    EXPECT_EQ(settings.storage.tail_cache_bytes, size_t{1} << 20);
    EXPECT_EQ(settings.limits.idle_timeout, std::chrono::seconds(90));
    EXPECT_EQ(settings.log.level, base::LogLevel::warn);
}

TEST(Configuration, HasAsManyShardsAsTheDataDirectoryWasMadeWith) {
    const std::filesystem::path directory = std::filesystem::path(testing::TempDir()) / "moved";
    std::filesystem::create_directories(directory);
    std::ofstream(directory / broker::kDataDirectoryFile)
        << broker::encode_data_directory({.id = base::Uuid::from_random(1, 2), .shard_count = 7});
    EXPECT_EQ(configure({{"data_dir", {directory, "f"}}})->settings.shards, 7);
    EXPECT_EQ(configure({{"data_dir", {directory, "f"}}, {"shards", {"2", "f"}}})->settings.shards,
              2)
        << "what is said is not second-guessed: opening the directory refuses it";
    std::filesystem::remove_all(directory);
}

TEST(Configuration, GivesTheBrokerSettingsUnderKafkasNames) {
    const auto configuration = configure({{"kafka.num.partitions", {"8", "f"}},
                                          {"topic_defaults.retention.ms", {"60000", "f"}},
                                          {"limits.idle_timeout", {"90s", "f"}},
                                          {"node.id", {"7", "f"}}});
    ASSERT_TRUE(configuration.has_value()) << configuration.error().message();
    const model::ConfigMap& broker = configuration->settings.broker;
    EXPECT_EQ(broker.at("num.partitions"), "8");
    EXPECT_EQ(broker.at("log.retention.ms"), "60000");
    EXPECT_EQ(broker.at("connections.max.idle.ms"), "90000");
    EXPECT_EQ(broker.at("node.id"), "7");
    EXPECT_EQ(broker.at("listeners"), "PLAINTEXT://127.0.0.1:9092");
}

TEST(Configuration, SaysWhatIsWrongWhereAndWhatWasMeant) {
    EXPECT_EQ(refusal({{"data_dri", {"x", "p.toml:1:1"}}}),
              "p.toml:1:1: data_dri: there is no such setting; did you mean `data_dir`?");
    EXPECT_TRUE(refusal({{"limits.idle_timeout", {"soon", "p.toml:2:1"}}})
                    .starts_with("p.toml:2:1: limits.idle_timeout: "));
    EXPECT_EQ(refusal({{"log.level", {"loud", "--log-level"}}}),
              "--log-level: log.level: 'loud' is not trace, debug, info, warn or error");
    EXPECT_TRUE(refusal({{"kafka.num.partitons", {"1", "f"}}}).contains("num.partitions"));
    EXPECT_TRUE(refusal({{"kafka.num.partitions", {"none", "f"}}}).contains("num.partitions"));
    EXPECT_EQ(refusal({{"kafka.listeners", {"x", "f"}}}),
              "f: kafka.listeners: is set with `listen.kafka`");
    EXPECT_TRUE(refusal({{"listen.kafka", {"9092", "f"}}}).contains("HOST:PORT"));
    EXPECT_TRUE(refusal({{"listen.kafka", {"", "f"}}}).contains("at least one"));
    EXPECT_TRUE(refusal({{"shards", {"-1", "f"}}}).contains("shards"));
    EXPECT_TRUE(refusal({{"limits.memory_refuse_percent", {"80", "f"}}}).contains("rise"));
    EXPECT_TRUE(refusal({{"limits.disk_read_only_percent", {"101", "f"}}}).contains("rise"));
    EXPECT_TRUE(refusal({{"limits.memory_budget_percent", {"101", "f"}}}).contains("most 100"));
}

TEST(Configuration, TellsWhereEachValueComesFrom) {
    const auto configuration = configure(
        {{"shards", {"2", "p.toml:1:1"}}, {"kafka.num.partitions", {"8", "--set"}}});
    ASSERT_TRUE(configuration.has_value());
    const auto set = shown_settings(*configuration, false);
    ASSERT_EQ(set.size(), 2);
    EXPECT_EQ(set[0].key, "kafka.num.partitions");
    EXPECT_EQ(set[0].origin, "--set");
    EXPECT_EQ(set[1].value, "2");
    const auto all = shown_settings(*configuration, true);
    EXPECT_EQ(all.size(), all_settings().size() + 1);
    EXPECT_EQ(all[0].key, "aws.access_keys_file");
    EXPECT_EQ(all[0].origin, "built-in");
}

TEST(Settings, ReadAddresses) {
    EXPECT_EQ(parse_endpoint("h:1").value(), (io::Endpoint{"h", 1}));
    EXPECT_EQ(parse_endpoint(":9092").value(), (io::Endpoint{"", 9092}));
    EXPECT_EQ(parse_endpoint("[::1]:1").value(), (io::Endpoint{"::1", 1}));
    for (const char* wrong : {"", "h", "h:", "h:65536", "h:-1", "::1:1", "h:1x"}) {
        EXPECT_FALSE(parse_endpoint(wrong).has_value()) << wrong;
    }
}

TEST(Settings, StayOnLoopbackUnlessToldOtherwise) {
    Settings settings;
    EXPECT_TRUE(check_exposure(settings).has_value());
    for (const char* host : {"", "0.0.0.0", "::", "192.168.1.1", "example", "127.evil"}) {
        settings.kafka = {{.bind = {.host = host, .port = 9092}}};
        settings.insecure_listen = false;
        EXPECT_FALSE(check_exposure(settings).has_value()) << host;
        settings.insecure_listen = true;
        EXPECT_TRUE(check_exposure(settings).has_value()) << host;
    }
    settings = {};
    settings.admin = {{.host = "10.0.0.1", .port = 1}};
    EXPECT_FALSE(check_exposure(settings).has_value());
    settings = {};
    settings.aws = {{.host = "10.0.0.1", .port = 1}};
    EXPECT_TRUE(check_exposure(settings).has_value());  // whoever asks is verified
    settings.aws_settings.authentication = AwsAuthentication::any;
    EXPECT_FALSE(check_exposure(settings).has_value());
}

TEST(Configuration, AsksWhoMayUseQueues) {
    EXPECT_TRUE(refusal({{"listen.aws", {"127.0.0.1:9324", "f"}}}).contains("access_keys_file"));
    const auto verified = configure(
        {{"listen.aws", {"127.0.0.1:9324", "f"}}, {"aws.access_keys_file", {"keys", "f"}}});
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->settings.aws.at(0), (io::Endpoint{"127.0.0.1", 9324}));
    EXPECT_TRUE(
        configure({{"listen.aws", {"127.0.0.1:9324", "f"}}, {"aws.authentication", {"any", "f"}}}));
}

TEST(Configuration, RefusesWhatQueueUrlsCannotBeMadeOf) {
    EXPECT_TRUE(refusal({{"aws.account", {"12345", "f"}}}).contains("aws.account: 12 digits"));
    EXPECT_TRUE(refusal({{"aws.region", {"US East", "f"}}}).contains("aws.region"));
    EXPECT_TRUE(refusal({{"aws.origin", {"queues.example", "f"}}}).contains("aws.origin"));
    EXPECT_TRUE(refusal({{"aws.origin", {"http://queues.example/", "f"}}}).contains("slash"));
    EXPECT_TRUE(configure({{"aws.origin", {"https://queues.example", "f"}}}));
}

}  // namespace
}  // namespace polylog::cmd

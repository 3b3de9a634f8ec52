#include "cmd/config_layer.h"

#include <gtest/gtest.h>

namespace polylog::cmd {
namespace {

TEST(ConfigText, TurnsTablesIntoDottedKeysWithTheirPlaces) {
    const auto layer = parse_config_text(
        "data_dir = \"/d\"\n[limits]\nconnections_max = 5\n[kafka]\n\"log.retention.ms\" = 7\n"
        "num.partitions = 3\n",
        "p.toml");
    ASSERT_TRUE(layer.has_value()) << layer.error().message();
    EXPECT_EQ(layer->at("data_dir"), (ConfiguredValue{"/d", "p.toml:1:1"}));
    EXPECT_EQ(layer->at("limits.connections_max"), (ConfiguredValue{"5", "p.toml:3:1"}));
    EXPECT_EQ(layer->at("kafka.log.retention.ms").text, "7");
    EXPECT_EQ(layer->at("kafka.num.partitions").text, "3");
}

TEST(ConfigText, WritesListenersAsOneLine) {
    const auto layer = parse_config_text(
        "[listen]\nkafka = [{ bind = \"a:1\" }, { bind = \"b:2\", advertise = \"c:3\" }]\n"
        "admin = [\"d:4\", \"e:5\"]\n",
        "p.toml");
    ASSERT_TRUE(layer.has_value()) << layer.error().message();
    EXPECT_EQ(layer->at("listen.kafka").text, "a:1,b:2 advertise c:3");
    EXPECT_EQ(layer->at("listen.admin").text, "d:4,e:5");
}

TEST(ConfigText, SaysWhereItIsWrong) {
    const auto broken = parse_config_text("a = 1\nb = = 2\n", "p.toml");
    ASSERT_FALSE(broken.has_value());
    EXPECT_TRUE(broken.error().detail().starts_with("p.toml:2:5: ")) << broken.error().message();

    const auto listener = parse_config_text("[listen]\nkafka = [{ bnd = \"x\" }]\n", "p.toml");
    ASSERT_FALSE(listener.has_value());
    EXPECT_TRUE(listener.error().detail().contains("not `bnd`")) << listener.error().message();
    EXPECT_FALSE(parse_config_text("when = 1979-05-27\n", "p.toml").has_value());
    EXPECT_FALSE(parse_config_text("a = [[1]]\n", "p.toml").has_value());
}

TEST(ConfigLayer, TakesItsOwnVariablesFromTheEnvironment) {
    constexpr std::string_view kTopLevel[] = {"data_dir", "shards"};
    const ConfigLayer layer = environment_layer({{"POLYLOG_DATA_DIR", "/d"},
                                                 {"POLYLOG_LISTEN__KAFKA", "a:1"},
                                                 {"POLYLOG_KAFKA__LOG_RETENTION_MS", "9"},
                                                 {"POLYLOG_SERVICE_HOST", "10.0.0.1"},
                                                 {"PATH", "/bin"}},
                                                kTopLevel);
    EXPECT_EQ(layer.size(), 3);
    EXPECT_EQ(layer.at("data_dir"), (ConfiguredValue{"/d", "POLYLOG_DATA_DIR"}));
    EXPECT_EQ(layer.at("listen.kafka").text, "a:1");
    EXPECT_EQ(layer.at("kafka.log.retention.ms").text, "9");
}

TEST(ConfigLayer, LaterLayersWin) {
    ConfigLayer below{{"a", {"1", "file"}}, {"b", {"2", "file"}}};
    lay_over(below, {{"b", {"3", "--set"}}});
    EXPECT_EQ(below.at("a").text, "1");
    EXPECT_EQ(below.at("b"), (ConfiguredValue{"3", "--set"}));
}

}  // namespace
}  // namespace polylog::cmd

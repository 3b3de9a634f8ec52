#include "log/log_directory.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

namespace polylog::log {
namespace {

model::TopicId documented_topic() {
    base::Uuid id;
    std::iota(id.bytes.begin(), id.bytes.end(), uint8_t{0});
    return {id};
}

// The worked example of docs/formats/segment.md.
TEST(LogDirectory, PutsASegmentWhereTheDocumentSays) {
    const std::string directory = log_directory({documented_topic(), {0}}, "orders");
    EXPECT_EQ(segment_path(directory, {0}, "log"),
              "topics/orders.AAECAwQFBgcICQoLDA0ODw/0/00000000000000000000.log");
    EXPECT_EQ(segment_path(directory, {42}, "timeindex"),
              "topics/orders.AAECAwQFBgcICQoLDA0ODw/0/00000000000000000042.timeindex");
}

TEST(LogDirectory, PutsAQueuesSettlementsBesideItsMessages) {
    const model::TopicPartition messages{documented_topic(), {3}};
    EXPECT_EQ(log_directory(model::settlements_of(messages), "orders"),
              "topics/orders.AAECAwQFBgcICQoLDA0ODw/settlements-3");
    EXPECT_EQ(model::messages_of(model::settlements_of(messages)), messages);
}

TEST(LogDirectory, NoNameLeavesTheTopicsDirectoryOrHides) {
    const auto readable = [](std::string_view name) {
        const std::string directory = topic_directory(documented_topic(), name);
        EXPECT_TRUE(directory.starts_with("topics/"));
        EXPECT_TRUE(directory.ends_with(".AAECAwQFBgcICQoLDA0ODw"));
        return directory.substr(7, directory.size() - 7 - 23);
    };
    EXPECT_EQ(readable("../../etc"), "_._.._etc");
    EXPECT_EQ(readable("/"), "_");
    EXPECT_EQ(readable(".hidden"), "_hidden");
    EXPECT_EQ(readable(std::string_view("a\0b\n", 4)), "a_b_");
    EXPECT_EQ(readable("\xc3\xa4"), "__");
    EXPECT_EQ(readable(""), "");
    EXPECT_EQ(readable(std::string(1000, 'x')), std::string(200, 'x'));
}

TEST(LogDirectory, FindsItsOwnNamesAgainAndNoOthers) {
    EXPECT_EQ(parse_topic_directory("or.ders.AAECAwQFBgcICQoLDA0ODw"), documented_topic());
    EXPECT_FALSE(parse_topic_directory("orders"));
    EXPECT_FALSE(parse_topic_directory("orders.AAEC"));
    EXPECT_EQ(parse_partition_directory("17"), model::PartitionIndex{17});
    for (const std::string_view name : {"", "-1", "007", "1x", "99999999999"})
        EXPECT_FALSE(parse_partition_directory(name)) << name;
    EXPECT_EQ(parse_partition_directory("settlements-17"),
              model::settlements_of({documented_topic(), {17}}).partition);
    for (const std::string_view name : {"settlements-", "settlements--1", "1073741841"})
        EXPECT_FALSE(parse_partition_directory(name)) << name;
    EXPECT_EQ(parse_segment_name("00000000000000000042.index"), model::Offset{42});
    for (const std::string_view name :
         {"42.log", "00000000000000000042.tmp", "0000000000000000004x.log",
          "99999999999999999999.log", "00000000000000000042"})
        EXPECT_FALSE(parse_segment_name(name)) << name;
}

}  // namespace
}  // namespace polylog::log

#include "cmd/output/render.h"

#include <gtest/gtest.h>

#include "cmd/output/query.h"

namespace polylog::cmd {
namespace {

Table lag_table() {
    Table table{.name = "lag", .columns = {"group", "topic", "lag", "ok"}, .rows = {}};
    table.add({"billing", "orders", int64_t{1200}, true});
    table.add({"audit", "orders, \"old\"", int64_t{7}, false});
    table.add({"idle", {}, {}, {}});
    return table;
}

std::string rendered(OutputFormat format) {
    return render(lag_table(), {.format = format});
}

TEST(Render, AlignsATableWithNumbersToTheRight) {
    EXPECT_EQ(rendered(OutputFormat::table),
              "GROUP    TOPIC           LAG  OK\n"
              "billing  orders         1200  yes\n"
              "audit    orders, \"old\"     7  no\n"
              "idle     -                 -  -\n");
}

TEST(Render, CutsTheWidestTextsToTheWidthOfATerminal) {
    Table table{.name = "settings", .columns = {"key", "count", "meaning"}, .rows = {}};
    table.add({"a.key", int64_t{1'000'000'000'000}, "Été after été, and more than fits"});
    table.add({"another.longer.key", int64_t{7}, "short"});
    EXPECT_EQ(render(table, {.width = 44}),
              "KEY                    COUNT  MEANING\n"
              "a.key          1000000000000  Été after été…\n"
              "another.long…              7  short\n");
    EXPECT_EQ(render(table, {.width = 200}), render(table, {}));
    EXPECT_EQ(render(table, {.format = OutputFormat::csv, .width = 20}),
              render(table, {.format = OutputFormat::csv}));
}

TEST(Render, CutsNeitherNumbersNorTextsToNothing) {
    Table table{.name = "settings", .columns = {"key", "count"}, .rows = {}};
    table.add({"a.very.long.key", int64_t{123'456'789'012}});
    EXPECT_EQ(render(table, {.width = 5}),
              "KEY              COUNT\n"
              "a.very.…  123456789012\n");
}

TEST(Render, LeavesOutFurtherTablesWithNothingToShow) {
    Table empty{.name = "configs", .columns = {"name", "value"}, .rows = {}};
    EXPECT_EQ(render({lag_table(), empty}, {}), rendered(OutputFormat::table));
    EXPECT_EQ(render(empty, {}), "NAME  VALUE\n");
}

TEST(Render, WritesOneJsonArray) {
    EXPECT_EQ(
        rendered(OutputFormat::json),
        "[\n"
        "  {\n    \"group\": \"billing\",\n    \"topic\": \"orders\",\n    \"lag\": 1200,\n    "
        "\"ok\": true\n  },\n"
        "  {\n    \"group\": \"audit\",\n    \"topic\": \"orders, \\\"old\\\"\",\n    \"lag\": 7,\n"
        "    \"ok\": false\n  },\n"
        "  {\n    \"group\": \"idle\",\n    \"topic\": null,\n    \"lag\": null,\n    \"ok\": "
        "null\n  }\n"
        "]\n");
}

TEST(Render, WritesAnObjectPerLine) {
    EXPECT_EQ(rendered(OutputFormat::ndjson),
              "{\"group\":\"billing\",\"topic\":\"orders\",\"lag\":1200,\"ok\":true}\n"
              "{\"group\":\"audit\",\"topic\":\"orders, \\\"old\\\"\",\"lag\":7,\"ok\":false}\n"
              "{\"group\":\"idle\",\"topic\":null,\"lag\":null,\"ok\":null}\n");
}

TEST(Render, QuotesCsvWhereItMust) {
    EXPECT_EQ(rendered(OutputFormat::csv),
              "group,topic,lag,ok\n"
              "billing,orders,1200,yes\n"
              "audit,\"orders, \"\"old\"\"\",7,no\n"
              "idle,,,\n");
}

TEST(Render, NamesRowsByTheirFirstColumn) {
    EXPECT_EQ(rendered(OutputFormat::name), "billing\naudit\nidle\n");
}

TEST(Render, KeepsControlCharactersFromTheTerminal) {
    Table table{.name = "t", .columns = {"name"}, .rows = {}};
    table.add({"a\033[2Jb\n"});
    EXPECT_EQ(render(table, {.heading = false}), "a.[2Jb.\n");
}

TEST(Render, PutsSeveralTablesIntoOneObject) {
    const Table small{.name = "a", .columns = {"x"}, .rows = {{int64_t{1}}}};
    const Table none{.name = "b", .columns = {"y"}, .rows = {}};
    EXPECT_EQ(render(std::vector<Table>{small, none}, {.format = OutputFormat::json}),
              "{\n  \"a\": [\n    {\n      \"x\": 1\n    }\n  ],\n  \"b\": []\n}\n");
    EXPECT_EQ(render(std::vector<Table>{small, none}, {.format = OutputFormat::ndjson}),
              "{\"table\":\"a\",\"x\":1}\n");
    EXPECT_EQ(render(std::vector<Table>{small, none}, {}), "X\n1\n");
}

std::string names_after(Query query) {
    const auto table = apply(query, lag_table());
    return table ? render(*table, {.format = OutputFormat::name})
                 : std::string(table.error().detail());
}

TEST(Query, KeepsRowsThatMeetAllConditions) {
    EXPECT_EQ(names_after({.filter = "lag>1000"}), "billing\n");
    EXPECT_EQ(names_after({.filter = "lag<=7"}), "audit\n");
    EXPECT_EQ(names_after({.filter = "lag!=7"}), "billing\nidle\n");
    EXPECT_EQ(names_after({.filter = "topic~orders,ok=no"}), "audit\n");
    EXPECT_EQ(names_after({.filter = "group=idle"}), "idle\n");
}

TEST(Query, SortsByNumbersAndText) {
    EXPECT_EQ(names_after({.sort = "-lag"}), "billing\naudit\nidle\n");
    EXPECT_EQ(names_after({.sort = "lag"}), "idle\naudit\nbilling\n");
    EXPECT_EQ(names_after({.sort = "group"}), "audit\nbilling\nidle\n");
}

TEST(Query, PicksColumnsInTheOrderAskedFor) {
    const auto table = apply({.fields = "lag,group"}, lag_table());
    ASSERT_TRUE(table.has_value());
    EXPECT_EQ(render(*table, {.format = OutputFormat::csv}),
              "lag,group\n1200,billing\n7,audit\n,idle\n");
}

TEST(Query, SuggestsTheNearestColumn) {
    EXPECT_EQ(names_after({.fields = "grup"}), "there is no column 'grup'; did you mean 'group'?");
    EXPECT_EQ(names_after({.filter = "lag==7"}), "'==' is no operator; there are = != < <= > >= ~");
    EXPECT_TRUE(names_after({.filter = "lag"}).starts_with("'lag' is no condition"));
}

}  // namespace
}  // namespace polylog::cmd

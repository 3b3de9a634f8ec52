#include "cmd/verbs/completion.h"

#include <gmock/gmock.h>

#include <set>

#include "cmd/verbs/verbs.h"

namespace polylog::cmd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Completions completed(std::vector<std::string> words) {
    CommandTable commands;
    commands.add(client_commands());
    return complete(commands, words);
}

TEST(Completion, OffersCommandsAtEachStep) {
    EXPECT_THAT(completed({"to"}).words, ElementsAre("topic"));
    EXPECT_THAT(completed({"topic", ""}).words,
                ElementsAre("create", "list", "describe", "alter", "delete"));
    EXPECT_THAT(completed({"topic", "de"}).words, ElementsAre("describe", "delete"));
    EXPECT_THAT(completed({"__"}).words, IsEmpty());
}

TEST(Completion, OffersOptionsAndTheirChoices) {
    EXPECT_THAT(completed({"topic", "create", "--part"}).words, ElementsAre("--partitions"));
    EXPECT_THAT(completed({"topic", "list", "-o", "js"}).words, ElementsAre("json"));
    EXPECT_THAT(completed({"pub", "orders", "--compression", ""}).words,
                ElementsAre("none", "gzip", "snappy", "lz4", "zstd"));
}

TEST(Completion, CompletesValuesBehindAnEqualsSign) {
    EXPECT_THAT(completed({"topic", "list", "--output=js"}).words, ElementsAre("--output=json"));
    EXPECT_THAT(completed({"topic", "list", "--output", "=", "js"}).words, ElementsAre("json"));
    EXPECT_THAT(completed({"pub", "orders", "--acks", "="}).words, ElementsAre("all", "1", "0"));
    EXPECT_THAT(completed({"topic", "list", "--nonsense=js"}).words, IsEmpty());
}

TEST(Completion, AsksTheBrokerThatTheLineNames) {
    const auto broker = [](std::vector<std::string> words) { return typed_broker(words); };
    EXPECT_EQ(broker({"topic", "describe", "-b", "a:1", ""}), "a:1");
    EXPECT_EQ(broker({"topic", "describe", "--url=a:2", ""}), "a:2");
    EXPECT_EQ(broker({"topic", "describe", "--url", "=", "a:3", ""}), "a:3");
    EXPECT_EQ(broker({"topic", "describe", "-b"}), "");
}

TEST(Completion, KnowsWhereNamesBelong) {
    EXPECT_EQ(completed({"topic", "describe", "or"}).kind, "topic");
    EXPECT_EQ(completed({"topic", "describe", "orders", ""}).kind, "");
    EXPECT_EQ(completed({"topic", "delete", "orders", ""}).kind, "topic");
    EXPECT_EQ(completed({"pub", "-k", "c1", ""}).kind, "topic");
    EXPECT_EQ(completed({"pub", "orders", ""}).kind, "file");
    EXPECT_EQ(completed({"group", "seek", "billing", "--topic", ""}).kind, "topic");
    EXPECT_EQ(completed({"lag", ""}).kind, "group");
}

TEST(Completion, HasAScriptForEachShell) {
    for (const std::string_view shell : {"bash", "zsh", "fish"}) {
        EXPECT_TRUE(completion_script(shell).contains("__complete")) << shell;
    }
    EXPECT_EQ(completion_script("tcsh"), "");
}

// Help is only as good as its table: each command says what it does, shows it and says how it ends.
TEST(ClientCommands, EachLeafHasPurposeExamplesAndExitStatuses) {
    for (const Command& command : client_commands()) {
        if (command.hidden) continue;
        EXPECT_FALSE(command.purpose.empty()) << command.path;
        EXPECT_FALSE(command.purpose.ends_with('.')) << command.path;
        if (!command.run) continue;
        EXPECT_GE(command.examples.size(), 2u) << command.path;
        for (const Example& example : command.examples) {
            EXPECT_TRUE(example.command_line.contains("polylog ")) << command.path;
        }
    }
}

TEST(ClientCommands, NoShortOptionMeansTwoThings) {
    for (const Command& command : client_commands()) {
        std::set<std::string_view> seen;
        for (const Option& option : command.options) {
            const size_t comma = option.names.find(',');
            EXPECT_TRUE(seen.insert(option.names.substr(0, comma)).second)
                << command.path << option.names;
            if (comma == std::string_view::npos) continue;
            EXPECT_TRUE(seen.insert(option.names.substr(comma + 1)).second)
                << command.path << option.names;
        }
    }
}

}  // namespace
}  // namespace polylog::cmd

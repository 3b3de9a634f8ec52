#include "cmd/command_line.h"

#include <gtest/gtest.h>

namespace polylog::cmd {
namespace {

std::vector<std::string> seen;

ExitStatus remember(const Arguments& arguments) {
    seen = {std::string(arguments.command().path), std::string(arguments.get("level"))};
    for (const std::string& each : arguments.all("NAME")) seen.push_back(each);
    return arguments.has("force") ? ExitStatus::condition_false : ExitStatus::ok;
}

CommandTable table() {
    CommandTable commands;
    commands.add({{.path = "thing", .purpose = "Things"},
                  {.path = "thing make",
                   .purpose = "Make things",
                   .positionals = {{.name = "NAME", .required = true, .repeatable = true}},
                   .options = {{.names = "-f,--force"},
                               {.names = "--level", .value_name = "N", .default_value = "1"}},
                   .aliases = {"mk"},
                   .run = remember},
                  {.path = "thing hide", .purpose = "Hidden", .hidden = true, .run = remember}});
    return commands;
}

ExitStatus run(std::vector<std::string> words) {
    const CommandTable commands = table();
    seen.clear();
    return run_command_line(commands, words);
}

TEST(CommandLine, RunsTheCommandThatTheWordsName) {
    EXPECT_EQ(run({"thing", "make", "a", "--level", "-2", "b"}), ExitStatus::ok);
    EXPECT_EQ(seen, (std::vector<std::string>{"thing make", "-2", "a", "b"}));
    EXPECT_EQ(run({"mk", "-f", "a"}), ExitStatus::condition_false);
    EXPECT_EQ(seen, (std::vector<std::string>{"thing make", "1", "a"}));
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{},
                                               {"thing"},
                                               {"thnig"},
                                               {"thing", "mak"},
                                               {"thing", "make"},
                                               {"thing", "make", "a", "--levle", "1"},
                                               {"thing", "make", "a", "--level"}}) {
        EXPECT_EQ(run(words), ExitStatus::usage);
        EXPECT_TRUE(seen.empty());
    }
}

TEST(CommandLine, HelpListsWhatIsNotHidden) {
    const CommandTable commands = table();
    EXPECT_TRUE(help_text(commands, "thing").contains("thing make  Make things"));
    EXPECT_FALSE(help_text(commands, "thing").contains("hide"));
    EXPECT_TRUE(help_text(commands, "thing make").contains("-f, --force"));
    EXPECT_TRUE(help_text(commands, "mk").contains("(default 1)"));
}

}  // namespace
}  // namespace polylog::cmd

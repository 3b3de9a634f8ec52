#pragma once

#include <string>
#include <string_view>

#include "cmd/command.h"

namespace polylog::cmd {

// A script that completes the program's commands, options, choices, files, and, by asking the
// broker, topics and groups. For "bash", "zsh" and "fish"; empty for anything else.
std::string completion_script(std::string_view shell);

// What may come next, one per line and without those that do not start with the last word. "\tfile"
// and
// "\ttopic" stand for kinds of names that the table does not hold.
struct Completions {
    std::vector<std::string> words;
    std::string kind;  // "file", "topic", "group" or empty
};
// `words` are what was typed behind the program's name; the last one is being typed and may be
// empty.
Completions complete(const CommandTable& commands, std::span<const std::string> words);

}  // namespace polylog::cmd

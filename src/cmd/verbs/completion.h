#pragma once

#include <string>
#include <string_view>

#include "cmd/command.h"

namespace polylog::cmd {

// A script that completes the program's commands, options, choices, files, and, by asking the
// broker, topics and groups. For "bash", "zsh" and "fish"; empty for anything else.
std::string completion_script(std::string_view shell);

// What may come next: words that the table has, or a kind of names that it does not: "file", which
// shells know; "topic" and "group", which the broker knows; "setting", "code" and "shell".
struct Completions {
    std::vector<std::string> words;
    std::string kind;  // empty: none
};
// `line` is what was typed behind the program's name; its last word is being typed and may be
// empty. Words that do not start with it are left out.
Completions complete(const CommandTable& commands, std::span<const std::string> line);
// The broker that the line names with -b or --url; empty when it does not.
std::string typed_broker(std::span<const std::string> line);

}  // namespace polylog::cmd

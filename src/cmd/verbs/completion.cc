#include "cmd/verbs/completion.h"

#include <algorithm>

namespace polylog::cmd {

namespace {

// Each asks `polylog __complete` with the words so far, the current one last, and calls the program
// as it was typed. A line "\tfile" means that the shell knows better.
constexpr std::string_view kBash = R"sh(# polylog completion bash > /etc/bash_completion.d/polylog
_polylog() {
    local -a reply
    local word
    mapfile -t reply < <(
        "$1" __complete --timeout 1s -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    COMPREPLY=()
    for word in "${reply[@]}"; do
        if [ "$word" = $'\tfile' ]; then
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
        else
            COMPREPLY+=("$(printf '%q' "$word")")
        fi
    done
}
complete -F _polylog polylog
)sh";

constexpr std::string_view kZsh = R"sh(#compdef polylog
# polylog completion zsh > "${fpath[1]}/_polylog"
_polylog() {
    local -a reply
    local file=$'\tfile'
    reply=("${(@f)$($words[1] __complete --timeout 1s -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    reply=("${(@)reply:#}")
    if (( ${reply[(Ie)$file]} )); then
        _files
    elif (( $#reply )); then
        compadd -- "${(@)reply}"
    fi
}
if [ "${funcstack[1]}" = _polylog ]; then
    _polylog "$@"
else
    compdef _polylog polylog
fi
)sh";

constexpr std::string_view
    kFish = R"sh(# polylog completion fish > ~/.config/fish/completions/polylog.fish
function __polylog_complete
    set -l words (commandline -opc)
    for word in ($words[1] __complete --timeout 1s -- $words[2..-1] (commandline -ct) 2>/dev/null)
        if test "$word" = \t'file'
            __fish_complete_path (commandline -ct)
        else
            printf '%s\n' $word
        end
    end
end
complete -c polylog -f -a '(__polylog_complete)'
)sh";

std::vector<std::string_view> names_of(const Option& option) {
    const size_t comma = option.names.find(',');
    if (comma == std::string_view::npos) return {option.names};
    return {option.names.substr(0, comma), option.names.substr(comma + 1)};
}

const Option* find_option(const Command& command, std::string_view word) {
    for (const Option& option : command.options) {
        if (std::ranges::count(names_of(option), word) > 0) return &option;
    }
    return nullptr;
}

void offer(Completions& completions, std::string_view word, std::string_view typed) {
    if (word.starts_with(typed)) completions.words.emplace_back(word);
}

// The words of the path, as far as they are one.
size_t path_length(const CommandTable& commands, std::span<const std::string> words) {
    std::string path;
    size_t known = 0;
    for (size_t i = 0; i < words.size(); ++i) {
        path += (i == 0 ? "" : " ") + words[i];
        if (commands.find(path)) known = i + 1;
    }
    return known;
}

void offer_commands(const CommandTable& commands, std::string_view path, std::string_view typed,
                    Completions& completions) {
    for (const Command* command : commands.below(path)) {
        const size_t space = command->path.rfind(' ');
        offer(completions,
              space == std::string_view::npos ? command->path : command->path.substr(space + 1),
              typed);
    }
}

// The positional that the next word would be: words that are no options or their values are
// counted.
const Positional* next_positional(const Command& command, std::span<const std::string> words) {
    size_t index = 0;
    for (size_t i = 0; i < words.size(); ++i) {
        const Option* option = find_option(command, words[i]);
        if (option && !option->is_flag()) ++i;
        if (!words[i].starts_with('-') && !option) ++index;
    }
    const auto& positionals = command.positionals;
    if (positionals.empty()) return nullptr;
    if (index < positionals.size()) return &positionals[index];
    return positionals.back().repeatable ? &positionals.back() : nullptr;
}

// bash takes "--output=js" for three words: the "=" goes, also from the end of the line, where a
// value begins.
std::vector<std::string> without_equals(std::span<const std::string> line) {
    std::vector<std::string> words;
    for (size_t i = 0; i < line.size(); ++i) {
        const bool joins = line[i] == "=" && i > 0 && line[i - 1].starts_with("--");
        if (!joins) words.push_back(line[i]);
        if (joins && i + 1 == line.size()) words.emplace_back();
    }
    return words;
}

// Names of options; behind "--output=", whole words with the choices.
void offer_options(const Command& command, const std::string& typed, Completions& completions) {
    const size_t equals = typed.find('=');
    if (equals != std::string::npos) {
        const Option* option = find_option(command, typed.substr(0, equals));
        if (!option) return;
        for (const std::string_view choice : option->choices) {
            offer(completions, typed.substr(0, equals + 1).append(choice), typed);
        }
        return;
    }
    for (const Option& option : command.options) {
        if (!option.hidden) offer(completions, names_of(option).back(), typed);
    }
    offer(completions, "--help", typed);
}

}  // namespace

std::string completion_script(std::string_view shell) {
    if (shell == "bash") return std::string(kBash);
    if (shell == "zsh") return std::string(kZsh);
    if (shell == "fish") return std::string(kFish);
    return {};
}

std::string typed_broker(std::span<const std::string> words) {
    const std::vector<std::string> typed = without_equals(words);
    for (size_t i = 0; i < typed.size(); ++i) {
        constexpr std::string_view kLong = "--url=";
        if (typed[i].starts_with(kLong)) return typed[i].substr(kLong.size());
        if (i + 1 < typed.size() && (typed[i] == "-b" || typed[i] == "--url")) return typed[i + 1];
    }
    return {};
}

Completions complete(const CommandTable& commands, std::span<const std::string> line) {
    Completions completions;
    const std::vector<std::string> all = without_equals(line);
    const std::span<const std::string> words = all;
    const std::string typed = words.empty() ? std::string() : words.back();
    const auto before = words.empty() ? words : words.first(words.size() - 1);
    const size_t length = path_length(commands, before);
    std::string path;
    for (const std::string& word : before.first(length)) path += (path.empty() ? "" : " ") + word;
    const Command* command = commands.find(path);
    const auto given = before.subspan(length);
    if (given.empty()) offer_commands(commands, path, typed, completions);
    if (!command) return completions;
    const Option* waiting = given.empty() ? nullptr : find_option(*command, given.back());
    if (waiting && !waiting->is_flag()) {
        for (const std::string_view choice : waiting->choices) offer(completions, choice, typed);
        completions.kind = waiting->completion;
        return completions;
    }
    if (typed.starts_with('-')) {
        offer_options(*command, typed, completions);
    } else if (const Positional* positional = next_positional(*command, given)) {
        completions.kind = positional->completion;
    }
    return completions;
}

}  // namespace polylog::cmd

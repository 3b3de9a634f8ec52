#include "cmd/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/did_you_mean.h"
#include "cmd/report.h"

namespace polylog::cmd {

namespace {

using base::ErrorCode;
using base::Result;

bool asks_for_help(std::string_view word) {
    return word == "-h" || word == "--help";
}

// How many of the words are the path of a command or group.
size_t path_length(const CommandTable& commands, std::span<const std::string> words) {
    std::string path;
    size_t known = 0;
    for (size_t i = 0; i < words.size() && !words[i].starts_with('-'); ++i) {
        path += (i == 0 ? "" : " ") + words[i];
        if (commands.find(path)) known = i + 1;
    }
    return known;
}

std::string joined(std::span<const std::string> words) {
    return fmt::format("{}", fmt::join(words, " "));
}

std::string spelling_hint(std::string_view typed, std::span<const std::string_view> known) {
    const auto nearest = base::nearest_name(typed, known);
    return nearest ? fmt::format("did you mean '{}'?", *nearest) : std::string();
}

ExitStatus refuse_unknown(const CommandTable& commands, std::string_view group,
                          std::string_view word) {
    std::vector<std::string_view> known;
    for (const Command* command : commands.below(group)) {
        const size_t space = command->path.rfind(' ');
        known.push_back(space == std::string_view::npos ? command->path
                                                        : command->path.substr(space + 1));
    }
    const std::string_view separator = group.empty() ? "" : " ";
    std::string hint = spelling_hint(word, known);
    if (hint.empty()) hint = fmt::format("polylog {}{}--help", group, separator);
    report_error({.text = fmt::format("unknown command '{}{}{}'", group, separator, word),
                  .hint = std::move(hint)});
    return ExitStatus::usage;
}

// What CLI11 reports, with the nearest option when one was misspelt.
std::string explain(const CLI::ParseError& error, const Command& command,
                    std::span<const std::string> words) {
    std::string text = error.what();
    std::vector<std::string_view> known;
    for (const Option& option : command.options) known.push_back(option.name());
    for (const std::string& word : words) {
        if (!word.starts_with("--")) continue;
        const std::string_view typed = std::string_view(word).substr(2, word.find('=') - 2);
        if (typed.empty() || std::ranges::find(known, typed) != known.end()) continue;
        const std::string hint = spelling_hint(typed, known);
        return fmt::format("unknown option '--{}'{}{}", typed, hint.empty() ? "" : "; ", hint);
    }
    return text;
}

void declare(CLI::App& app, const Option& option) {
    const std::string names(option.names);
    if (option.is_flag()) {
        app.add_flag(names);
        return;
    }
    CLI::Option* added = app.add_option(names);
    added->expected(1);
    if (option.repeatable) added->take_all()->allow_extra_args(false);
    if (!option.choices.empty()) {
        std::vector<std::string> choices(option.choices.begin(), option.choices.end());
        added->check(CLI::IsMember(std::move(choices)));
    }
}

void declare(CLI::App& app, const Positional& positional) {
    CLI::Option* added = app.add_option(std::string(positional.name));
    if (positional.repeatable) {
        added->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args();
    } else {
        added->expected(1);
    }
    added->required(positional.required);
}

void collect(const CLI::App& app, const std::string& key, std::string_view name,
             Arguments::Values& values) {
    const CLI::Option* parsed = app.get_option_no_throw(key);
    if (parsed && parsed->count() > 0) values[std::string(name)] = parsed->results();
}

Arguments::Values values_of(const CLI::App& app, const Command& command) {
    Arguments::Values values;
    for (const Positional& positional : command.positionals) {
        collect(app, std::string(positional.name), positional.name, values);
    }
    for (const Option& option : command.options) {
        const std::string first(option.names.substr(0, option.names.find(',')));
        collect(app, first, option.name(), values);
        if (option.environment.empty() || values.contains(option.name())) continue;
        const char* variable = std::getenv(std::string(option.environment).c_str());
        if (variable && *variable) values[std::string(option.name())] = {variable};
    }
    return values;
}

std::string usage_line(const Command& command) {
    std::string line = fmt::format("polylog {}", command.path);
    if (!command.options.empty()) line += " [OPTIONS]";
    for (const Positional& positional : command.positionals) {
        const std::string_view dots = positional.repeatable ? "..." : "";
        line += positional.required ? fmt::format(" {}{}", positional.name, dots)
                                    : fmt::format(" [{}{}]", positional.name, dots);
    }
    return line;
}

void append_rows(std::string& out, std::string_view title,
                 const std::vector<std::pair<std::string, std::string>>& rows) {
    if (rows.empty()) return;
    size_t width = 0;
    for (const auto& [left, right] : rows) width = std::max(width, left.size());
    out += fmt::format("\n{}:\n", title);
    for (const auto& [left, right] : rows) {
        out += right.empty() ? fmt::format("  {}\n", left)
                             : fmt::format("  {:<{}}  {}\n", left, width, right);
    }
}

std::string option_text(const Option& option) {
    std::string text(option.documentation);
    if (!option.choices.empty()) text += fmt::format(" [{}]", fmt::join(option.choices, "|"));
    if (!option.default_value.empty()) text += fmt::format(" (default {})", option.default_value);
    if (!option.environment.empty()) text += fmt::format(" (environment {})", option.environment);
    return text;
}

std::string command_help(const Command& command) {
    std::string out = fmt::format("{}\n\nUsage: {}\n", command.purpose, usage_line(command));
    if (!command.details.empty()) out += fmt::format("\n{}\n", command.details);
    using Rows = std::vector<std::pair<std::string, std::string>>;
    Rows positionals;
    for (const Positional& each : command.positionals) {
        positionals.emplace_back(each.name, each.documentation);
    }
    append_rows(out, "Arguments", positionals);
    Rows options;
    for (const Option& each : command.options) {
        if (each.hidden) continue;
        std::string left(each.names);
        if (const size_t comma = left.find(','); comma != std::string::npos)
            left.insert(comma + 1, " ");
        if (!each.is_flag()) left += fmt::format(" {}", each.value_name);
        options.emplace_back(std::move(left), option_text(each));
    }
    options.emplace_back("-h, --help", "Show this text");
    append_rows(out, "Options", options);
    Rows examples;
    for (const Example& each : command.examples) {
        examples.emplace_back(each.command_line, each.purpose);
    }
    append_rows(out, "Examples", examples);
    Rows statuses{{"0", "done"}, {"64", "the command line is wrong"}};
    for (const auto& [status, meaning] : command.exit_statuses) {
        statuses.emplace_back(fmt::to_string(static_cast<int>(status)), meaning);
    }
    append_rows(out, "Exit status", statuses);
    return out;
}

}  // namespace

std::string help_text(const CommandTable& commands, std::string_view path) {
    const Command* command = commands.find(path);
    if (command && command->run) return command_help(*command);
    std::string out = command
                          ? fmt::format("{}\n\nUsage: polylog {} COMMAND\n", command->purpose, path)
                          : std::string(
                                "A message broker in one program: server and tools.\n\n"
                                "Usage: polylog COMMAND [OPTIONS]\n");
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Command* each : commands.below(path)) rows.emplace_back(each->path, each->purpose);
    append_rows(out, "Commands", rows);
    const std::string_view separator = path.empty() ? "" : " ";
    out += fmt::format("\n`polylog {}{}COMMAND --help` tells more.\n", path, separator);
    return out;
}

Result<Arguments> parse_arguments(const CommandTable& commands, const Command& command,
                                  std::span<const std::string> words) {
    CLI::App app;
    app.set_help_flag("");
    for (const Option& option : command.options) declare(app, option);
    for (const Positional& positional : command.positionals) declare(app, positional);
    std::vector<std::string> reversed(words.rbegin(), words.rend());  // as CLI11 takes them
    try {
        app.parse(std::move(reversed));
    } catch (const CLI::ParseError& error) {
        return base::fail(ErrorCode::invalid_request, explain(error, command, words));
    }
    return Arguments(commands, command, values_of(app, command));
}

ExitStatus run_command_line(const CommandTable& commands, std::span<const std::string> words) {
    const size_t length = path_length(commands, words);
    const std::string path = joined(words.first(length));
    const std::span<const std::string> rest = words.subspan(length);
    const Command* command = length == 0 ? nullptr : commands.find(path);
    // Behind "--" nothing is an option.
    const auto options = rest.first(
        static_cast<size_t>(std::ranges::find(rest, "--") - rest.begin()));
    if (std::ranges::any_of(command ? options : options.first(std::min<size_t>(options.size(), 1)),
                            asks_for_help)) {
        fmt::print("{}", help_text(commands, command ? command->path : ""));
        return ExitStatus::ok;
    }
    if (!command || !command->run) {
        if (!rest.empty()) return refuse_unknown(commands, path, rest.front());
        fmt::print(stderr, "{}", help_text(commands, path));
        return ExitStatus::usage;
    }
    const auto arguments = parse_arguments(commands, *command, rest);
    if (!arguments) {
        report_error({.text = std::string(arguments.error().detail()),
                      .hint = fmt::format("polylog {} --help", command->path)});
        return ExitStatus::usage;
    }
    return command->run(*arguments);
}

}  // namespace polylog::cmd

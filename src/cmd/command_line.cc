#include "cmd/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "base/did_you_mean.h"
#include "cmd/output/answer.h"

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

std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known) {
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
    std::string hint = did_you_mean(word, known);
    if (hint.empty()) hint = fmt::format("polylog {}{}--help", group, separator);
    const std::string_view what = word.starts_with('-') ? "option" : "command";
    return report(false,
                  {.error = {ErrorCode::invalid_request,
                             fmt::format("unknown {} '{}{}{}'", what, group, separator, word)},
                   .hint = std::move(hint),
                   .code = kCommandLineWrong});
}

// An option as it is spelt in full: "--output", or "-o" when it has no long name.
std::string_view full_name(const Option& option) {
    return option.names.substr(option.names.find(',') + 1);
}

// A word that stands where none is expected, with the nearest option when it looks like one.
std::string unexpected(const Command& command, const std::string& word) {
    if (!word.starts_with('-')) return fmt::format("'{}' is one argument too many", word);
    const std::string_view typed = std::string_view(word).substr(0, word.find('='));
    std::vector<std::string_view> known{"--help"};
    for (const Option& option : command.options) known.push_back(full_name(option));
    const std::string hint = typed.starts_with("--") ? did_you_mean(typed, known) : std::string();
    return fmt::format("unknown option '{}'{}{}", typed, hint.empty() ? "" : "; ", hint);
}

// What CLI11 says about a number of values, in our words.
std::string explain(const CLI::ParseError& error, const Command& command) {
    const std::string_view text = error.what();
    const std::string_view name = text.substr(0, text.find(':'));
    for (const Option& option : command.options) {
        if (full_name(option) != name) continue;
        return text.contains("received") ? fmt::format("{} is given more than once", name)
                                         : fmt::format("{} needs a {}", name, option.value_name);
    }
    return std::string(text);
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
}

void declare(CLI::App& app, const Positional& positional) {
    CLI::Option* added = app.add_option(std::string(positional.name));
    if (positional.repeatable) {
        added->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args();
    } else {
        added->expected(1);
    }
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

// What CLI11 leaves to us: values out of a list, flags without values, arguments that must be
// there.
Result<void> check_values(const Command& command, const Arguments::Values& values) {
    for (const Option& option : command.options) {
        const auto given = values.find(option.name());
        if (given == values.end()) continue;
        for (const std::string& value : given->second) {
            if (option.is_flag() && value != "true") {
                return base::fail(ErrorCode::invalid_request,
                                  fmt::format("{} takes no value", full_name(option)));
            }
            if (option.choices.empty() || std::ranges::count(option.choices, value) > 0) continue;
            const std::string hint = did_you_mean(value, option.choices);
            return base::fail(ErrorCode::invalid_request,
                              fmt::format("{} is one of {}, not '{}'{}{}", full_name(option),
                                          fmt::join(option.choices, ", "), value,
                                          hint.empty() ? "" : "; ", hint));
        }
    }
    for (const Positional& positional : command.positionals) {
        if (positional.required && !values.contains(positional.name)) {
            return base::fail(ErrorCode::invalid_request,
                              fmt::format("{} is missing", positional.name));
        }
    }
    return {};
}

// Whether a command line that could not be taken apart asks for errors as JSON.
bool asks_for_json(const Command& command, std::span<const std::string> words) {
    const auto output = std::ranges::find(command.options, "output", &Option::name);
    if (output == command.options.end()) return false;
    std::string_view format;
    for (size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        const std::string_view name = word.substr(0, word.find('='));
        if (name != "--output" && (name != "-o" || !output->names.starts_with("-o,"))) continue;
        if (name.size() < word.size()) {
            format = word.substr(name.size() + 1);
        } else if (i + 1 < words.size()) {
            format = words[i + 1];
        }
    }
    return format == "json" || format == "ndjson";
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
    } catch (const CLI::ExtrasError&) {
        return base::fail(ErrorCode::invalid_request, unexpected(command, app.remaining().front()));
    } catch (const CLI::ParseError& error) {
        return base::fail(ErrorCode::invalid_request, explain(error, command));
    }
    Arguments::Values values = values_of(app, command);
    TRY_VOID(check_values(command, values));
    return Arguments(commands, command, std::move(values));
}

namespace {

ExitStatus print_help(const CommandTable& commands, std::string_view path) {
    const Command none;
    return print_text(Arguments(commands, none, {}), help_text(commands, path));
}

ExitStatus run_command(const CommandTable& commands, const Command& command,
                       std::span<const std::string> words) {
    const auto arguments = parse_arguments(commands, command, words);
    if (arguments) return command.run(*arguments);
    return report(asks_for_json(command, words),
                  {.error = arguments.error(),
                   .hint = fmt::format("polylog {} --help", command.path),
                   .code = kCommandLineWrong});
}

}  // namespace

ExitStatus run_command_line(const CommandTable& commands, std::span<const std::string> words) {
    // The two spellings that people try before they know any of ours.
    if (!words.empty() && words[0] == "help") {
        words = words.subspan(1);
        if (path_length(commands, words) == words.size())
            return print_help(commands, joined(words));
    }
    const std::vector<std::string> version{"version"};
    if (!words.empty() && words[0] == "--version") words = version;

    const size_t length = path_length(commands, words);
    const std::string path = joined(words.first(length));
    const std::span<const std::string> rest = words.subspan(length);
    const Command* command = length == 0 ? nullptr : commands.find(path);
    // Behind "--" nothing is an option.
    const auto options = rest.first(
        static_cast<size_t>(std::ranges::find(rest, "--") - rest.begin()));
    if (std::ranges::any_of(command ? options : options.first(std::min<size_t>(options.size(), 1)),
                            asks_for_help)) {
        return print_help(commands, command ? command->path : "");
    }
    if (command && command->run) return run_command(commands, *command, rest);
    if (!rest.empty()) return refuse_unknown(commands, path, rest.front());
    write_notice(help_text(commands, path));
    return ExitStatus::usage;
}

}  // namespace polylog::cmd

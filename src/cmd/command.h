#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// The table of what the program can be told to do. Each command is a row; parsing, help, spelling
// hints, completion and the written documentation all come from the rows, so none of them can
// disagree. Texts are literals. Values without an owner, built once by main; used on its thread.
namespace polylog::cmd {

// How the program ends, by the numbers of sysexits.h.
enum class ExitStatus : int {
    ok = 0,
    condition_false = 1,  // what was asked is not so: `lag check`
    usage = 64,           // the command line is wrong
    bad_data = 65,        // input that cannot be used, or a name that leads nowhere
    unknown_user = 67,
    unavailable = 69,    // the broker cannot be reached
    internal = 70,       // a bug, or damaged storage
    output_failed = 74,  // standard output cannot be written
    try_again = 75,      // timed out, or refused for now
    not_permitted = 77,
    configuration = 78,  // settings that contradict the rules or the machine
    interrupted = 130,
};

// One option or flag of a command.
struct Option {
    // "-c,--config": a short name, a long one, or both. Looked up by its long name without dashes.
    std::string_view names;
    std::string_view value_name = {};  // "FILE"; empty: a flag
    std::string_view documentation = {};
    std::string_view default_value = {};
    std::string_view environment = {};  // the variable that stands in for it: "POLYLOG_URL"
    std::vector<std::string_view> choices = {};
    bool repeatable = false;
    std::string_view completion = {};  // what completion offers: "file", "topic", "group"
    bool hidden = false;               // not in help; for tests and other programs

    std::string_view name() const;
    bool is_flag() const { return value_name.empty(); }
};

// One word or more that follow the options, in order; only the last may be repeated.
struct Positional {
    std::string_view name;  // "TOPIC"
    std::string_view documentation = {};
    bool required = true;
    bool repeatable = false;
    std::string_view completion = {};
};

// A command line to copy, and what it is for.
struct Example {
    std::string_view command_line;
    std::string_view purpose;
};

class Arguments;
class CommandTable;

// A row: what it is called, what it takes, what it does.
struct Command {
    using Run = ExitStatus (*)(const Arguments& arguments);

    std::string_view path;     // "topic create"
    std::string_view purpose;  // one line, imperative, without a full stop
    std::string_view details = {};
    std::vector<Positional> positionals = {};
    std::vector<Option> options = {};
    std::vector<Example> examples = {};
    std::vector<std::string_view> aliases = {};  // whole paths: "consume"
    std::vector<std::pair<ExitStatus, std::string_view>> exit_statuses = {};  // besides 0, 64, 70
    bool hidden = false;
    Run run = nullptr;  // null: a group, which only gathers the commands below its path
};

// What was typed after a command's path, with defaults and environment filled in.
class Arguments {
public:
    // Values by option or positional name.
    using Values = std::map<std::string, std::vector<std::string>, std::less<>>;

    Arguments(const CommandTable& commands, const Command& command, Values values)
        : commands_(commands), command_(command), values_(std::move(values)) {}

    // Whether the flag was given, or the option or positional has a value that is not its default.
    bool has(std::string_view name) const;
    // The value, or the default. An option without either is the empty text.
    std::string_view get(std::string_view name) const;
    std::optional<std::string_view> find(std::string_view name) const;
    std::span<const std::string> all(std::string_view name) const;

    const Command& command() const { return command_; }
    const CommandTable& commands() const { return commands_; }

private:
    const CommandTable& commands_;
    const Command& command_;
    Values values_;
};

// All rows. Paths are unique, in the order in which help lists them.
class CommandTable {
public:
    void add(std::vector<Command> commands);
    std::span<const Command> all() const { return commands_; }
    // By path or alias; null when there is none.
    const Command* find(std::string_view path) const;
    // The commands one step below a path ("" for the top), without hidden ones, in table order.
    std::vector<const Command*> below(std::string_view path) const;

private:
    std::vector<Command> commands_;
};

}  // namespace polylog::cmd

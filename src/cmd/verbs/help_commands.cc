#include <fmt/format.h>

#include <algorithm>

#include "base/did_you_mean.h"
#include "cmd/output/failure.h"
#include "cmd/report.h"
#include "cmd/verbs/completion.h"
#include "cmd/verbs/reference.h"
#include "cmd/verbs/session.h"
#include "cmd/verbs/verbs.h"

namespace polylog::cmd {

using base::Result;
using io::Task;

namespace {

ExitStatus explain(const Arguments& arguments) {
    const std::string_view code = arguments.get("CODE");
    if (code.empty()) {
        Table table{.name = "codes", .columns = {"code", "exit_status", "meaning"}, .rows = {}};
        for (const FailureKind& kind : failure_kinds()) {
            table.add({std::string(kind.code), static_cast<int64_t>(kind.status),
                       std::string(kind.meaning)});
        }
        fmt::print("{}", render(table, {.format = output_format(arguments)}));
        return ExitStatus::ok;
    }
    const FailureKind* kind = find_failure_kind(code);
    if (!kind) {
        report_error(
            {.text = fmt::format("there is no code '{}'", code), .hint = "polylog explain"});
        return ExitStatus::bad_data;
    }
    fmt::print("{}: {}\n\n{}\n", kind->code, kind->meaning, kind->advice);
    if (!kind->hint.empty()) fmt::print("\nhint: {}\n", kind->hint);
    fmt::print("exit status: {}\n", static_cast<int>(kind->status));
    return ExitStatus::ok;
}

ExitStatus completion(const Arguments& arguments) {
    const std::string script = completion_script(arguments.get("SHELL"));
    if (script.empty()) {
        report_error(
            {.text = fmt::format("there is no completion for '{}'", arguments.get("SHELL")),
             .hint = "polylog completion bash, zsh or fish"});
        return ExitStatus::usage;
    }
    fmt::print("{}", script);
    return ExitStatus::ok;
}

// Names that the broker knows; none when it does not answer: a shell waits.
Task<Result<ExitStatus>> complete_names(Session& session) {
    const auto words = session.arguments().all("WORD");
    const Completions completions = complete(session.arguments().commands(), words);
    const std::string typed = words.empty() ? std::string() : words.back();
    std::vector<std::string> names;
    if (completions.kind == "topic") {
        CO_TRY(const auto metadata,
               co_await session.cluster().metadata({.names = {}, .all = true}));
        for (const auto& topic : metadata.topics) {
            if (topic.name && !topic.is_internal) names.push_back(*topic.name);
        }
    } else {
        CO_TRY(const auto groups, co_await session.admin().groups());
        for (const auto& group : groups) names.push_back(group.group_id);
    }
    std::erase_if(names, [&](const std::string& name) { return !name.starts_with(typed); });
    std::ranges::sort(names);
    if (!names.empty()) CO_TRY_VOID(session.write(fmt::format("{}\n", fmt::join(names, "\n"))));
    co_return ExitStatus::ok;
}

ExitStatus complete_words(const Arguments& arguments) {
    const Completions completions = complete(arguments.commands(), arguments.all("WORD"));
    for (const std::string& word : completions.words) fmt::print("{}\n", word);
    if (completions.kind == "file") {
        fmt::print("\tfile\n");
    } else if (!completions.kind.empty()) {
        std::fflush(stdout);
        return run_verb(arguments, complete_names);
    }
    return ExitStatus::ok;
}

ExitStatus write_reference(const Arguments& arguments) {
    fmt::print("{}", command_line_reference(arguments.commands()));
    return ExitStatus::ok;
}

// The examples of all commands whose path or purpose has the word in it.
ExitStatus cheat(const Arguments& arguments) {
    const std::string_view word = arguments.get("WORD");
    bool any = false;
    for (const Command& command : arguments.commands().all()) {
        if (command.hidden || command.examples.empty()) continue;
        if (!command.path.contains(word) && !command.purpose.contains(word)) continue;
        fmt::print("{}# {}\n", any ? "\n" : "", command.purpose);
        for (const Example& example : command.examples) {
            fmt::print("{:<72} # {}\n", example.command_line, example.purpose);
        }
        any = true;
    }
    return any ? ExitStatus::ok : ExitStatus::bad_data;
}

}  // namespace

std::vector<Command> help_commands() {
    std::vector<Option> output{{.names = "-o,--output",
                                .value_name = "FORMAT",
                                .documentation = "How to print the list of codes",
                                .default_value = "table",
                                .choices = {"table", "json", "ndjson", "csv", "name"}}};
    return {
        {.path = "explain",
         .purpose = "Explain an error code, or list all",
         .positionals = {{.name = "CODE", .documentation = "As errors show it", .required = false}},
         .options = std::move(output),
         .examples = {{"polylog explain PL2031", "what it means and what to do"},
                      {"polylog explain", "all codes"}},
         .exit_statuses = {{ExitStatus::bad_data, "there is no such code"}},
         .run = explain},
        {.path = "cheat",
         .purpose = "Show examples of commands",
         .positionals = {{.name = "WORD",
                          .documentation = "Only of commands that have to do with it",
                          .required = false}},
         .examples = {{"polylog cheat", "all examples"},
                      {"polylog cheat group", "those about groups"}},
         .exit_statuses = {{ExitStatus::bad_data, "no command has to do with the word"}},
         .run = cheat},
        {.path = "completion",
         .purpose = "Print a completion script for a shell",
         .positionals = {{.name = "SHELL", .documentation = "bash, zsh or fish"}},
         .examples = {{"polylog completion bash > /etc/bash_completion.d/polylog", "for all users"},
                      {". <(polylog completion bash)", "for this shell"}},
         .run = completion},
        {.path = "__complete",
         .purpose = "Tell what may come next on a command line",
         .positionals = {{.name = "WORD",
                          .documentation = "Typed so far",
                          .required = false,
                          .repeatable = true}},
         .options = with_client_options({}),
         .hidden = true,
         .run = complete_words},
        {.path = "__docs", .purpose = "Print docs/cli.md", .hidden = true, .run = write_reference},
    };
}

}  // namespace polylog::cmd

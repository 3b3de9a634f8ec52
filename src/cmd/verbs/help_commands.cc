#include <fmt/format.h>

#include <algorithm>

#include "cmd/configuration.h"
#include "cmd/output/answer.h"
#include "cmd/verbs/completion.h"
#include "cmd/verbs/reference.h"
#include "cmd/verbs/session.h"
#include "cmd/verbs/verbs.h"

namespace polylog::cmd {

using base::Result;
using io::Task;

namespace {

Table code_table(std::span<const FailureKind> kinds) {
    Table table{.name = "codes",
                .columns = {"code", "exit_status", "meaning", "advice", "hint"},
                .rows = {}};
    for (const FailureKind& kind : kinds) {
        table.add({std::string(kind.code), static_cast<int64_t>(kind.status),
                   std::string(kind.meaning), std::string(kind.advice), std::string(kind.hint)});
    }
    return table;
}

// Without the texts of several lines.
Table short_code_table() {
    Table table = code_table(failure_kinds());
    constexpr size_t kShortColumns = 3;
    table.columns.resize(kShortColumns);
    for (auto& row : table.rows) row.resize(kShortColumns);
    return table;
}

ExitStatus explain(const Arguments& arguments) {
    const std::string_view code = arguments.get("CODE");
    if (code.empty()) return print_table(arguments, short_code_table());
    const FailureKind* kind = find_failure_kind(code);
    if (!kind) {
        return report(arguments, {.error = {base::ErrorCode::not_found,
                                            fmt::format("there is no code '{}'", code)},
                                  .hint = "polylog explain lists all"});
    }
    const std::string text = fmt::format("{}: {}\n\n{}\n\nhint: {}\nexit status: {}\n", kind->code,
                                         kind->meaning, kind->advice, kind->hint,
                                         static_cast<int>(kind->status));
    return print_answer(arguments, code_table({kind, 1}), text);
}

ExitStatus completion(const Arguments& arguments) {
    const std::string script = completion_script(arguments.get("SHELL"));
    if (!script.empty()) return print_text(arguments, script);
    return report(arguments, {.error = {base::ErrorCode::invalid_request,
                                        fmt::format("there is no completion for '{}'",
                                                    arguments.get("SHELL"))},
                              .hint = "polylog completion bash, zsh or fish",
                              .code = kCommandLineWrong});
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

// Names that the program knows by itself.
std::vector<std::string> own_names(std::string_view kind) {
    std::vector<std::string> names;
    if (kind == "shell") return {"bash", "zsh", "fish"};
    if (kind == "code") {
        for (const FailureKind& each : failure_kinds()) names.emplace_back(each.code);
    } else if (kind == "setting") {
        for (const DescribedSetting& each : described_settings()) names.push_back(each.key);
    }
    return names;
}

ExitStatus complete_words(const Arguments& arguments) {
    const auto words = arguments.all("WORD");
    const Completions completions = complete(arguments.commands(), words);
    const std::string typed = words.empty() ? std::string() : words.back();
    std::string text;
    for (const std::string& word : completions.words) text += word + "\n";
    for (const std::string& name : own_names(completions.kind)) {
        if (name.starts_with(typed)) text += name + "\n";
    }
    if (completions.kind == "file") text += "\tfile\n";
    const ExitStatus status = print_text(arguments, text);
    if (completions.kind != "topic" && completions.kind != "group") return status;
    Arguments::Values values{{"WORD", {words.begin(), words.end()}},
                             {"timeout", {std::string(arguments.get("timeout"))}},
                             {"url", {std::string(arguments.get("url"))}}};
    if (std::string broker = typed_broker(words); !broker.empty()) values["url"] = {broker};
    return run_verb(Arguments(arguments.commands(), arguments.command(), std::move(values)),
                    complete_names);
}

ExitStatus write_reference(const Arguments& arguments) {
    return print_text(arguments, command_line_reference(arguments.commands()));
}

// The examples of all commands whose path or purpose has the word in it.
ExitStatus cheat(const Arguments& arguments) {
    const std::string_view word = arguments.get("WORD");
    Table table{.name = "examples", .columns = {"example", "what", "command"}, .rows = {}};
    std::string text;
    for (const Command& command : arguments.commands().all()) {
        if (command.hidden || command.examples.empty()) continue;
        if (!command.path.contains(word) && !command.purpose.contains(word)) continue;
        text += fmt::format("{}# {}\n", text.empty() ? "" : "\n", command.purpose);
        for (const Example& example : command.examples) {
            text += fmt::format("{:<72} # {}\n", example.command_line, example.purpose);
            table.add({std::string(example.command_line), std::string(example.purpose),
                       std::string(command.path)});
        }
    }
    if (!text.empty()) return print_answer(arguments, std::move(table), text);
    return report(arguments, {.error = {base::ErrorCode::not_found,
                                        fmt::format("no command has to do with '{}'", word)},
                              .hint = "polylog cheat shows all examples"});
}

}  // namespace

std::vector<Command> help_commands() {
    return {
        {.path = "explain",
         .purpose = "Explain an error code, or list all",
         .positionals = {{.name = "CODE",
                          .documentation = "As errors show it",
                          .required = false,
                          .completion = "code"}},
         .options = output_options(),
         .examples = {{"polylog explain PL2031", "what it means and what to do"},
                      {"polylog explain", "all codes"}},
         .exit_statuses = {{ExitStatus::bad_data, "there is no such code"}},
         .run = explain},
        {.path = "cheat",
         .purpose = "Show examples of commands",
         .positionals = {{.name = "WORD",
                          .documentation = "Only of commands that have to do with it",
                          .required = false}},
         .options = output_options(),
         .examples = {{"polylog cheat", "all examples"},
                      {"polylog cheat group", "those about groups"}},
         .exit_statuses = {{ExitStatus::bad_data, "no command has to do with the word"}},
         .run = cheat},
        {.path = "completion",
         .purpose = "Print a completion script for a shell",
         .positionals = {{.name = "SHELL",
                          .documentation = "bash, zsh or fish",
                          .completion = "shell"}},
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

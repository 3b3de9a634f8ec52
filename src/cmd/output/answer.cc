#include "cmd/output/answer.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;

namespace {

bool wants_color(const Arguments& arguments) {
    // https://no-color.org: set to anything but the empty text.
    const char* refused = std::getenv("NO_COLOR");
    return !arguments.has("no-color") && !(refused && *refused) && ::isatty(STDOUT_FILENO) == 1;
}

// Characters of a line of the terminal that standard output is; 0 when it is none.
size_t terminal_width() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

ExitStatus ended(const Arguments& arguments, const Result<void>& printed) {
    if (printed) return ExitStatus::ok;
    if (printed.error() == ErrorCode::closed) return ExitStatus::ok;
    return report(arguments, {.error = printed.error(), .code = kOutputUnwritable});
}

}  // namespace

std::vector<Option> with_options(std::vector<Option> own, std::vector<Option> shared) {
    const size_t own_count = own.size();
    for (Option& option : shared) {
        // A letter that the command uses for something else is taken off.
        const std::string_view letter = option.names.substr(0, option.names.find(',') + 1);
        for (size_t i = 0; i < own_count && !letter.empty(); ++i) {
            if (own[i].names.starts_with(letter)) option.names.remove_prefix(letter.size());
        }
        own.push_back(std::move(option));
    }
    return own;
}

std::vector<Option> output_options() {
    return {
        {.names = "-o,--output",
         .value_name = "FORMAT",
         .documentation = "How to print the answer",
         .default_value = "table",
         .choices = {"table", "json", "ndjson", "csv", "name"}},
        {.names = "--fields",
         .value_name = "A,B",
         .documentation = "Print these columns, in this order"},
        {.names = "--filter",
         .value_name = "CONDITION",
         .documentation = "Print rows that meet it: 'lag>1000', 'topic~orders'"},
        {.names = "--sort",
         .value_name = "COLUMN",
         .documentation = "Sort by it; '-lag' for descending"},
        {.names = "--no-color", .documentation = "Print without colours"},
    };
}

OutputFormat output_format(const Arguments& arguments) {
    return parse_output_format(arguments.get("output")).value_or(OutputFormat::table);
}

RenderSettings render_settings(const Arguments& arguments) {
    return {.format = output_format(arguments),
            .heading = true,
            .color = wants_color(arguments),
            .width = terminal_width()};
}

Query query_of(const Arguments& arguments) {
    return {.fields = std::string(arguments.get("fields")),
            .filter = std::string(arguments.get("filter")),
            .sort = std::string(arguments.get("sort"))};
}

Result<void> write_output(std::string_view text) {
    const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (whole && std::fflush(stdout) == 0) return {};
    const int error = errno;
    if (error == EPIPE) return base::fail(ErrorCode::closed, "standard output was closed");
    return base::fail(ErrorCode::io_failed,
                      fmt::format("write to standard output: {}", std::strerror(error)));
}

void write_notice(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
}

ExitStatus print_text(const Arguments& arguments, std::string_view text) {
    return ended(arguments, write_output(text));
}

ExitStatus print_table(const Arguments& arguments, Table table) {
    const Result<Table> picked = apply(query_of(arguments), std::move(table));
    if (!picked) {
        return report(arguments,
                      {.error = picked.error(),
                       .hint = fmt::format("polylog {} --help", arguments.command().path),
                       .code = kCommandLineWrong});
    }
    return print_text(arguments, render(*picked, render_settings(arguments)));
}

ExitStatus print_answer(const Arguments& arguments, Table table, std::string_view sentence) {
    const bool wants_table = arguments.has("output") || arguments.has("fields") ||
                             arguments.has("filter") || arguments.has("sort");
    return wants_table ? print_table(arguments, std::move(table)) : print_text(arguments, sentence);
}

ExitStatus report(const Arguments& arguments, const Failure& failure) {
    const OutputFormat format = output_format(arguments);
    return report(format == OutputFormat::json || format == OutputFormat::ndjson, failure);
}

ExitStatus report(bool as_json, const Failure& failure) {
    write_notice(as_json ? to_json(failure) : to_text(failure));
    return failure.kind().status;
}

}  // namespace polylog::cmd

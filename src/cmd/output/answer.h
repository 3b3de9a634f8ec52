#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "cmd/command.h"
#include "cmd/output/failure.h"
#include "cmd/output/query.h"
#include "cmd/output/render.h"

// What every command prints, in the one form that all of them have: answers to standard output in
// the format that was asked for, failures to standard error with their code. On main's thread.
namespace polylog::cmd {

// A command's own options, followed by `shared`. A short name belongs to the command that claims
// it.
std::vector<Option> with_options(std::vector<Option> own, std::vector<Option> shared);
// Of every command that answers in tables: the format, and what of the table is printed.
std::vector<Option> output_options();

// What --output, --fields and the like of a command line ask for.
OutputFormat output_format(const Arguments& arguments);
RenderSettings render_settings(const Arguments& arguments);
Query query_of(const Arguments& arguments);

// To standard output, at once. Errors: closed, when whoever read it has gone; io_failed.
base::Result<void> write_output(std::string_view text);
// To standard error; nobody is told when that fails.
void write_notice(std::string_view text);

// How the program ends when this was printed or not: quietly, when the reader had seen enough.
ExitStatus print_text(const Arguments& arguments, std::string_view text);
ExitStatus print_table(const Arguments& arguments, Table table);
// The same, with a sentence in place of the table for people who asked for no format.
ExitStatus print_answer(const Arguments& arguments, Table table, std::string_view sentence);

// Tells a failure, as JSON when answers would be, and says how the program ends.
ExitStatus report(const Arguments& arguments, const Failure& failure);
ExitStatus report(bool as_json, const Failure& failure);

}  // namespace polylog::cmd

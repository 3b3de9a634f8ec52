#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/output/table.h"

namespace polylog::cmd {

// The form of a command's answers, --output.
enum class OutputFormat {
    table,   // aligned columns with a heading
    json,    // one array of objects; for several tables, an object of arrays
    ndjson,  // an object per line
    csv,     // RFC 4180, with a heading
    name,    // the first column alone
};

// By the word that --output takes for it.
std::optional<OutputFormat> parse_output_format(std::string_view text);

// How tables become text.
struct RenderSettings {
    OutputFormat format = OutputFormat::table;
    bool heading = true;
    bool color = false;  // bold headings
    // Characters that a line of a table may have, where it is a terminal that shows it; 0 for any
    // number. Texts are cut, with an ellipsis, numbers never.
    size_t width = 0;
};

// The table as text, ending with a line break unless empty.
std::string render(const Table& table, const RenderSettings& settings);
// Several tables that answer one question. As tables, those after the first only when they have
// rows. As ndjson each object says in "table" what it is part of; as csv and name only the first
// table counts.
std::string render(const std::vector<Table>& tables, const RenderSettings& settings);

}  // namespace polylog::cmd

#include "cmd/output/render.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.h"
#include "base/utf8.h"

namespace polylog::cmd {

using base::JsonWriter;

namespace {

// Characters, not bytes, as a terminal counts columns of most scripts.
size_t width_of(std::string_view text) {
    size_t width = 0;
    while (!text.empty()) {
        text.remove_prefix(std::max<size_t>(base::utf8_sequence_size(text), 1));
        ++width;
    }
    return width;
}

// What would break a line or drive the terminal becomes a dot.
std::string printable(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '.';
    }
    return text;
}

std::string heading_of(std::string_view column) {
    std::string heading(column);
    for (char& c : heading)
        c = c == '_' ? '-' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return heading;
}

bool is_numeric(const Table& table, size_t column) {
    bool any = false;
    for (const auto& row : table.rows) {
        const Cell& cell = row[column];
        const bool number = std::holds_alternative<int64_t>(cell) ||
                            std::holds_alternative<double>(cell);
        if (!number && !std::holds_alternative<std::monostate>(cell)) return false;
        any |= number;
    }
    return any;
}

using Line = std::vector<std::string>;

std::vector<Line> lines_of(const Table& table, bool heading) {
    std::vector<Line> lines;
    if (heading) {
        Line& first = lines.emplace_back();
        for (const std::string& column : table.columns) first.push_back(heading_of(column));
    }
    for (const auto& row : table.rows) {
        Line& line = lines.emplace_back();
        for (const Cell& cell : row) line.push_back(printable(to_text(cell)));
    }
    return lines;
}

std::vector<size_t> widths_of(const std::vector<Line>& lines, size_t columns) {
    std::vector<size_t> widths(columns);
    for (const Line& line : lines) {
        for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));
    }
    return widths;
}

constexpr size_t kGap = 2;  // between columns
// Less of a text says nothing.
constexpr size_t kLeastWidth = 8;

// Takes what is too much from the widest column of texts, again and again, until a line has at most
// `width` characters or every text is down to the least.
void narrow(std::vector<size_t>& widths, const std::vector<bool>& is_number, size_t width) {
    size_t total = kGap * (widths.size() - 1);
    for (const size_t each : widths) total += each;
    for (; total > width; --total) {
        std::optional<size_t> widest;
        for (size_t i = 0; i < widths.size(); ++i) {
            if (is_number[i] || widths[i] <= kLeastWidth) continue;
            if (!widest || widths[i] > widths[*widest]) widest = i;
        }
        if (!widest) return;
        --widths[*widest];
    }
}

// At most `width` characters, the last of them an ellipsis when there are more.
std::string cut(const std::string& text, size_t width) {
    if (width_of(text) <= width) return text;
    size_t size = 0;
    for (size_t i = 0; i + 1 < width; ++i) {
        const std::string_view rest = std::string_view(text).substr(size);
        size += std::max<size_t>(base::utf8_sequence_size(rest), 1);
    }
    return text.substr(0, size) + "…";
}

// Columns two spaces apart, numbers to the right, nothing behind the last one.
std::string as_text(const Table& table, const RenderSettings& settings) {
    const std::vector<Line> lines = lines_of(table, settings.heading);
    std::vector<size_t> widths = widths_of(lines, table.columns.size());
    std::vector<bool> to_the_right(table.columns.size());
    for (size_t i = 0; i < widths.size(); ++i) to_the_right[i] = is_numeric(table, i);
    if (settings.width > 0 && !widths.empty()) narrow(widths, to_the_right, settings.width);
    std::string out;
    for (const Line& line : lines) {
        std::string text;
        for (size_t i = 0; i < line.size(); ++i) {
            const std::string cell = cut(line[i], widths[i]);
            const std::string padding(widths[i] - width_of(cell), ' ');
            if (i > 0) text.append(kGap, ' ');
            text += to_the_right[i] ? padding + cell : cell + padding;
        }
        text.erase(text.find_last_not_of(' ') + 1);
        const bool bold = settings.color && settings.heading && out.empty();
        out += bold ? fmt::format("\033[1m{}\033[0m\n", text) : text + "\n";
    }
    return out;
}

void write_cell(JsonWriter& json, const Cell& cell) {
    if (const auto* boolean = std::get_if<bool>(&cell)) {
        json.value(*boolean);
    } else if (const auto* integer = std::get_if<int64_t>(&cell)) {
        json.value(*integer);
    } else if (const auto* real = std::get_if<double>(&cell)) {
        json.value(*real);
    } else if (const auto* text = std::get_if<std::string>(&cell)) {
        json.value(*text);
    } else {
        json.null();
    }
}

void write_members(JsonWriter& json, const Table& table, const std::vector<Cell>& row) {
    for (size_t i = 0; i < row.size(); ++i) {
        json.key(table.columns[i]);
        write_cell(json, row[i]);
    }
}

void write_rows(JsonWriter& json, const Table& table) {
    json.begin_array();
    for (const auto& row : table.rows) {
        json.begin_object();
        write_members(json, table, row);
        json.end_object();
    }
    json.end_array();
}

std::string as_ndjson(const Table& table, bool labelled) {
    std::string out;
    for (const auto& row : table.rows) {
        JsonWriter json(out);
        json.begin_object();
        if (labelled) json.field("table", table.name);
        write_members(json, table, row);
        json.end_object();
        out += '\n';
    }
    return out;
}

// RFC 4180, section 2: quotes around what holds a comma, a quote or a line break; quotes doubled.
std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

std::string as_csv(const Table& table, bool heading) {
    std::string out;
    if (heading) out += fmt::format("{}\n", fmt::join(table.columns, ","));
    for (const auto& row : table.rows) {
        std::vector<std::string> fields;
        for (const Cell& cell : row) {
            const bool is_null = std::holds_alternative<std::monostate>(cell);
            fields.push_back(is_null ? std::string() : csv_field(to_text(cell)));
        }
        out += fmt::format("{}\n", fmt::join(fields, ","));
    }
    return out;
}

std::string as_names(const Table& table) {
    std::string out;
    for (const auto& row : table.rows) out += to_text(row.front()) + "\n";
    return out;
}

std::string as_json(const std::vector<Table>& tables) {
    std::string out;
    JsonWriter json(out, JsonWriter::Style::pretty);
    if (tables.size() == 1) {
        write_rows(json, tables.front());
    } else {
        json.begin_object();
        for (const Table& table : tables) {
            json.key(table.name);
            write_rows(json, table);
        }
        json.end_object();
    }
    return out + "\n";
}

}  // namespace

std::optional<OutputFormat> parse_output_format(std::string_view text) {
    if (text == "table") return OutputFormat::table;
    if (text == "json") return OutputFormat::json;
    if (text == "ndjson") return OutputFormat::ndjson;
    if (text == "csv") return OutputFormat::csv;
    if (text == "name") return OutputFormat::name;
    return std::nullopt;
}

std::string render(const Table& table, const RenderSettings& settings) {
    return render(std::vector<Table>{table}, settings);
}

std::string render(const std::vector<Table>& tables, const RenderSettings& settings) {
    if (tables.empty()) return {};
    std::string out;
    switch (settings.format) {
    case OutputFormat::json: return as_json(tables);
    case OutputFormat::csv: return as_csv(tables.front(), settings.heading);
    case OutputFormat::name: return as_names(tables.front());
    case OutputFormat::ndjson:
        for (const Table& table : tables) out += as_ndjson(table, tables.size() > 1);
        return out;
    case OutputFormat::table:
        for (const Table& table : tables) {
            if (table.rows.empty() && &table != &tables.front()) continue;
            if (!out.empty()) out += '\n';
            out += as_text(table, settings);
        }
        return out;
    }
    return out;
}

}  // namespace polylog::cmd

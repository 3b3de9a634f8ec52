#include "cmd/output/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/did_you_mean.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::Result;

namespace {

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const size_t comma = std::min(text.find(','), text.size());
        if (comma > 0) parts.push_back(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

Result<size_t> column_of(const Table& table, std::string_view name) {
    const auto found = std::ranges::find(table.columns, name);
    if (found != table.columns.end()) return static_cast<size_t>(found - table.columns.begin());
    const std::vector<std::string_view> known(table.columns.begin(), table.columns.end());
    const auto nearest = base::nearest_name(name, known);
    return base::fail(ErrorCode::invalid_request,
                      fmt::format("there is no column '{}'; {}", name,
                                  nearest ? fmt::format("did you mean '{}'?", *nearest)
                                          : fmt::format("there are {}", fmt::join(known, ", "))));
}

// Text that is a number compares as one.
Cell cell_of(std::string_view text) {
    int64_t integer = 0;
    const char* end = text.data() + text.size();
    if (const auto [rest, error] = std::from_chars(text.data(), end, integer);
        error == std::errc() && rest == end) {
        return integer;
    }
    double real = 0;
    if (const auto [rest, error] = std::from_chars(text.data(), end, real);
        error == std::errc() && rest == end) {
        return real;
    }
    return std::string(text);
}

struct Condition {
    size_t column = 0;
    std::string_view relation;
    Cell value;

    bool holds(const std::vector<Cell>& row) const {
        const Cell& cell = row[column];
        if (relation == "~") return to_text(cell).contains(to_text(value));
        if (std::holds_alternative<std::monostate>(cell)) return relation == "!=";
        if (relation == "=") return to_text(cell) == to_text(value);
        if (relation == "!=") return to_text(cell) != to_text(value);
        if (relation == "<") return less(cell, value);
        if (relation == ">") return less(value, cell);
        if (relation == "<=") return !less(value, cell);
        return !less(cell, value);
    }
};

Result<Condition> parse_condition(const Table& table, std::string_view text) {
    const size_t start = text.find_first_of("=!<>~");
    if (start == 0 || start == std::string_view::npos) {
        return base::fail(ErrorCode::invalid_request,
                          fmt::format("'{}' is no condition; one is 'lag>1000' or 'topic~orders'",
                                      text));
    }
    const std::string_view relation = text.substr(start,
                                                  text.substr(start + 1).starts_with('=') ? 2 : 1);
    if (relation == "!" || relation == "==" || relation == "~=") {
        return base::fail(ErrorCode::invalid_request,
                          fmt::format("'{}' is no operator; there are = != < <= > >= ~", relation));
    }
    TRY(const size_t column, column_of(table, text.substr(0, start)));
    return Condition{column, relation, cell_of(text.substr(start + relation.size()))};
}

Result<void> filter(std::string_view conditions, Table& table) {
    for (const std::string_view text : split(conditions)) {
        TRY(const Condition condition, parse_condition(table, text));
        std::erase_if(table.rows, [&](const auto& row) { return !condition.holds(row); });
    }
    return {};
}

struct SortKey {
    size_t column = 0;
    bool descending = false;
};

Result<std::vector<SortKey>> parse_sort_keys(std::string_view text, const Table& table) {
    std::vector<SortKey> keys;
    for (std::string_view name : split(text)) {
        const bool descending = name.starts_with('-');
        if (descending) name.remove_prefix(1);
        TRY(const size_t column, column_of(table, name));
        keys.push_back({column, descending});
    }
    return keys;
}

// Rows that the keys do not tell apart keep their order.
Result<void> sort(std::string_view text, Table& table) {
    TRY(const std::vector<SortKey> keys, parse_sort_keys(text, table));
    std::vector<size_t> order(table.rows.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, [&](size_t a, size_t b) {
        for (const SortKey& key : keys) {
            const Cell& left = table.rows[key.descending ? b : a][key.column];
            const Cell& right = table.rows[key.descending ? a : b][key.column];
            if (less(left, right)) return true;
            if (less(right, left)) return false;
        }
        return a < b;
    });
    std::vector<std::vector<Cell>> sorted;
    for (const size_t row : order) sorted.push_back(std::move(table.rows[row]));
    table.rows = std::move(sorted);
    return {};
}

Result<Table> pick(std::string_view fields, Table table) {
    if (fields.empty()) return table;
    std::vector<size_t> columns;
    Table picked{.name = table.name, .columns = {}, .rows = {}};
    for (const std::string_view field : split(fields)) {
        TRY(const size_t column, column_of(table, field));
        columns.push_back(column);
        picked.columns.emplace_back(field);
    }
    for (const auto& row : table.rows) {
        std::vector<Cell> cells;
        for (const size_t column : columns) cells.push_back(row[column]);
        picked.add(std::move(cells));
    }
    return picked;
}

}  // namespace

Result<Table> apply(const Query& query, Table table) {
    TRY_VOID(filter(query.filter, table));
    TRY_VOID(sort(query.sort, table));
    return pick(query.fields, std::move(table));
}

}  // namespace polylog::cmd

#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace polylog::cmd {

// One value of a table; the first kind is nothing.
using Cell = std::variant<std::monostate, bool, int64_t, double, std::string>;

// What a command answers: rows of named columns, of which the first one names the row. Every
// command answers in tables, so that one renderer gives all of them every output format.
struct Table {
    std::string name;  // of the whole, where several tables come together: "partitions"
    std::vector<std::string> columns;  // snake_case: they are the members' names in JSON
    std::vector<std::vector<Cell>> rows;

    void add(std::vector<Cell> row) { rows.push_back(std::move(row)); }
};

// As a person reads it: "-" for nothing, "yes" and "no".
std::string to_text(const Cell& cell);
// Nothing before everything, numbers by value, text by its bytes; different kinds by their text.
bool less(const Cell& a, const Cell& b);

}  // namespace polylog::cmd

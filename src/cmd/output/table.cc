#include "cmd/output/table.h"

#include <fmt/format.h>

#include <optional>

namespace polylog::cmd {

namespace {

std::optional<double> number_of(const Cell& cell) {
    if (const auto* integer = std::get_if<int64_t>(&cell)) return static_cast<double>(*integer);
    if (const auto* real = std::get_if<double>(&cell)) return *real;
    return std::nullopt;
}

}  // namespace

std::string to_text(const Cell& cell) {
    if (const auto* boolean = std::get_if<bool>(&cell)) return *boolean ? "yes" : "no";
    if (const auto* integer = std::get_if<int64_t>(&cell)) return fmt::to_string(*integer);
    if (const auto* real = std::get_if<double>(&cell)) return fmt::format("{:.2f}", *real);
    if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    return "-";
}

bool less(const Cell& a, const Cell& b) {
    const bool a_is_null = std::holds_alternative<std::monostate>(a);
    const bool b_is_null = std::holds_alternative<std::monostate>(b);
    if (a_is_null || b_is_null) return a_is_null && !b_is_null;
    const auto x = number_of(a);
    const auto y = number_of(b);
    return x && y ? *x < *y : to_text(a) < to_text(b);
}

}  // namespace polylog::cmd

#include "base/did_you_mean.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace polylog::base {

namespace {

constexpr size_t kMaxNameBytes = 128;  // longer ones are not worth the quadratic time

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Optimal string alignment distance (Levenshtein's, and a swap of neighbours counts once), by rows
// of its table: row[j] is the distance between a's first i letters and b's first j.
size_t edit_distance(std::string_view a, std::string_view b) {
    using Row = std::array<size_t, kMaxNameBytes + 1>;
    Row before_last{};
    Row last{};
    Row row{};
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        before_last = last;
        last = row;
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                                 lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest_name(std::string_view typed,
                                             std::span<const std::string_view> known) {
    if (typed.empty() || typed.size() > kMaxNameBytes) return std::nullopt;
    std::optional<std::string_view> nearest;
    size_t nearest_distance = std::max<size_t>(1, typed.size() / 3) + 1;
    for (const std::string_view name : known) {
        if (name.size() > kMaxNameBytes) continue;
        const size_t distance = edit_distance(typed, name);
        if (distance < nearest_distance) {
            nearest = name;
            nearest_distance = distance;
        }
    }
    return nearest;
}

}  // namespace polylog::base

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "routing/decimal.h"
#include "routing/filter_rule.h"

namespace polylog::routing {

// Ranges of numbers, each with the number of who asks for it; finds the ranges that a value is in.
// O(log n + found * log n).
class RangeIndex {
public:
    struct Entry {
        NumericRange range;
        uint32_t number;
    };

    RangeIndex() = default;
    explicit RangeIndex(std::vector<Entry> entries) : entries_(std::move(entries)) {
        std::ranges::sort(entries_, {}, [](const Entry& entry) { return entry.range.lowest; });
        highest_.resize(entries_.size());
        fill_highest(0, entries_.size());
    }

    bool empty() const { return entries_.empty(); }

    template <class Report>
    void find_ranges_with(Decimal value, const Report& report) const {
        find(0, entries_.size(), value, report);
    }

private:
    // The entries [first, last) are a balanced tree whose root is the middle one; highest_ of the
    // root is the highest end in all of it. Depth log2(n).
    static size_t middle(size_t first, size_t last) { return first + (last - first) / 2; }

    Decimal fill_highest(size_t first, size_t last) {
        if (first == last) return Decimal::lowest();
        const size_t root = middle(first, last);
        highest_[root] = std::max({entries_[root].range.highest, fill_highest(first, root),
                                   fill_highest(root + 1, last)});
        return highest_[root];
    }

    template <class Report>
    void find(size_t first, size_t last, Decimal value, const Report& report) const {
        if (first == last) return;
        const size_t root = middle(first, last);
        if (highest_[root] < value) return;
        find(first, root, value, report);
        if (value < entries_[root].range.lowest) return;
        if (value <= entries_[root].range.highest) report(entries_[root].number);
        find(root + 1, last, value, report);
    }

    std::vector<Entry> entries_;  // ascending by the lowest of the range
    std::vector<Decimal> highest_;
};

}  // namespace polylog::routing

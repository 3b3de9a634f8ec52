#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace polylog::routing {

// Texts, each with the numbers of those who ask for it; finds the texts that a value begins with.
// O(log n) comparisons and what is found.
class PrefixIndex {
public:
    PrefixIndex() = default;
    explicit PrefixIndex(std::map<std::string, std::vector<uint32_t>> postings) {
        for (auto& [text, numbers] : postings) {
            entries_.push_back({text, parent_of(text), std::move(numbers)});
        }
    }

    bool empty() const { return entries_.empty(); }

    // Calls report(number) for everyone who asks for a text that `value` begins with.
    template <class Report>
    void find_prefixes_of(std::string_view value, const Report& report) const {
        // All prefixes of the value are prefixes of the last text that is not greater than it: that
        // text lies between each of them and the value.
        const auto after = std::ranges::upper_bound(entries_, value, {}, &Entry::text);
        if (after == entries_.begin()) return;
        const auto last = static_cast<size_t>(after - entries_.begin()) - 1;
        const std::string_view text = entries_[last].text;
        const auto common = static_cast<size_t>(std::ranges::mismatch(text, value).in1 -
                                                text.begin());
        for (size_t at = last; at != kNone; at = entries_[at].parent) {
            if (entries_[at].text.size() > common) continue;
            for (const uint32_t number : entries_[at].numbers) report(number);
        }
    }

private:
    static constexpr size_t kNone = SIZE_MAX;

    struct Entry {
        std::string text;
        size_t parent;  // the longest other text that begins this one
        std::vector<uint32_t> numbers;
    };

    // Of a text greater than all entries.
    size_t parent_of(std::string_view text) const {
        size_t at = entries_.empty() ? kNone : entries_.size() - 1;
        while (at != kNone && !text.starts_with(entries_[at].text)) at = entries_[at].parent;
        return at;
    }

    std::vector<Entry> entries_;  // ascending
};

}  // namespace polylog::routing

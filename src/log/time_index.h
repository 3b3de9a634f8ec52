#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace polylog::log {

// How far the timestamps of one segment had risen by which offset, in memory: every record with a
// timestamp above an entry's lies at a higher offset than the entry's. docs/formats/indexes.md.
class TimeIndex {
public:
    struct Entry {
        int64_t timestamp_ms = -1;
        // The last one of the batch where that timestamp first occurs.
        uint32_t relative_offset = 0;
        bool operator==(const Entry&) const = default;
    };

    TimeIndex() = default;
    explicit TimeIndex(std::vector<Entry> entries) : entries_(std::move(entries)) {}

    // Ignored unless the timestamp is above the last entry's.
    void append(Entry entry);
    // The greatest entry with a timestamp below the given one: what is looked for lies behind it.
    std::optional<Entry> below(int64_t timestamp_ms) const;
    // The greatest entry whose offset is below the given one.
    std::optional<Entry> before(uint32_t relative_offset) const;
    // Drops the entries at or behind the offset.
    void truncate(uint32_t relative_offset);
    // Puts the entries of an earlier part of the segment in front.
    void prepend(const TimeIndex& earlier);
    const std::vector<Entry>& entries() const { return entries_; }

private:
    std::vector<Entry> entries_;
};

}  // namespace polylog::log

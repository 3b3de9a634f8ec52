#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace polylog::log {

// A sparse selection of one segment's batches, in memory: where a batch begins, by its offset.
// Eight bytes an entry. docs/formats/indexes.md has the rules and the file.
class OffsetIndex {
public:
    struct Entry {
        uint32_t relative_offset = 0;  // of the batch's base offset to the segment's
        uint32_t position = 0;         // of the batch in the segment
        bool operator==(const Entry&) const = default;
    };

    OffsetIndex() = default;
    explicit OffsetIndex(std::vector<Entry> entries) : entries_(std::move(entries)) {}

    // Both numbers must rise.
    void append(Entry entry);
    // The greatest entry at or below the offset; nothing when the search begins at the segment's
    // start.
    std::optional<Entry> floor(uint32_t relative_offset) const;
    // Drops the entries at or behind `position`.
    void truncate(uint32_t position);
    // Puts the entries of an earlier part of the segment in front.
    void prepend(const OffsetIndex& earlier);
    const std::vector<Entry>& entries() const { return entries_; }

private:
    std::vector<Entry> entries_;
};

}  // namespace polylog::log

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "model/ids.h"
#include "queue/settlement.h"

namespace polylog::queue {

// What an offset below the cursor is. Held: leased, delayed or condemned.
enum class Status : uint8_t { held, ready, settled };

// One of three statuses for each offset of [start, end), where start is the first one that is not
// settled: two bits each in chunks of 4096 offsets, nothing for a chunk whose offsets are all
// alike. Finds the first ready offset in about constant time. Lives on the shard of its queue.
class StatusMap {
public:
    explicit StatusMap(model::Offset start) { restart(start); }
    // Begins again, empty.
    void restart(model::Offset start);

    model::Offset start() const { return start_; }
    model::Offset end() const { return end_; }
    uint64_t ready_count() const { return ready_count_; }
    uint64_t ready_count(Range range) const;
    // `offset` is below end().
    Status at(model::Offset offset) const;
    // Neighbours of one status, `first` among them and the first of them.
    struct Run {
        Range range;
        Status status;
    };
    Run run_from(model::Offset first) const;
    // At or behind `from`.
    std::optional<model::Offset> first_ready(model::Offset from) const;

    // The range is below end(); a settled offset stays settled when it lies below start().
    void set(Range range, Status status);
    void set(model::Offset offset, Status status) { set({offset, offset}, status); }
    // What lies between end() and `end` has this status; nothing when `end` is not behind end().
    void extend(model::Offset end, Status status);
    // Forgets what is at or behind `end`.
    void truncate(model::Offset end);

    size_t size_bytes() const;

private:
    static constexpr int64_t kChunkOffsets = 4096;
    static constexpr size_t kChunkWords = kChunkOffsets / 64;
    // Positions outside [start, end): settled below, neither above.
    struct Chunk {
        std::array<uint64_t, kChunkWords> settled{};
        std::array<uint64_t, kChunkWords> ready{};
        uint32_t settled_count = 0;
        uint32_t ready_count = 0;
    };
    // A chunk, or what all of its offsets are.
    struct Slot {
        std::unique_ptr<Chunk> chunk;
        Status uniform = Status::held;
    };

    Slot& slot_of(int64_t chunk_index) { return slots_[static_cast<size_t>(chunk_index - first_)]; }
    const Slot& slot_of(int64_t chunk_index) const {
        return slots_[static_cast<size_t>(chunk_index - first_)];
    }
    Chunk& open(int64_t chunk_index);
    void set_within(int64_t chunk_index, uint32_t first, uint32_t last, Status status);
    void set_word(Chunk& chunk, size_t word, uint64_t mask, Status status);
    void set_whole(int64_t chunk_index, Status status);
    void mark_ready_chunk(int64_t chunk_index);
    void advance_start();
    std::optional<int64_t> ready_chunk_from(int64_t chunk_index) const;
    uint32_t ready_in(int64_t chunk_index) const;

    model::Offset start_;
    model::Offset end_;
    int64_t first_ = 0;  // index of slots_.front(): its offset / kChunkOffsets
    std::deque<Slot> slots_;
    // A bit for each chunk that has a ready offset; the front word holds the chunks from
    // first_summary_ * 64 on.
    std::deque<uint64_t> summary_;
    int64_t first_summary_ = 0;
    uint64_t ready_count_ = 0;
};

}  // namespace polylog::queue

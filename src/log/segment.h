#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>

#include "log/file_cache.h"
#include "log/offset_index.h"
#include "log/time_index.h"
#include "model/record_batch.h"

namespace polylog::log {

// What the checkpoint keeps of a segment.
struct SegmentRecord {
    model::Offset base;
    uint32_t size_bytes = 0;
    int64_t first_timestamp_ms = -1;
    int64_t max_timestamp_ms = -1;
    bool operator==(const SegmentRecord&) const = default;
};

// One segment of a log, as it is known in memory; docs/formats/segment.md. A batch has its position
// from the moment it is appended; its bytes reach the file later. Belongs to its log; whoever works
// on its file holds a reference, so that it outlives its removal from the log. About 250 bytes plus
// its indexes.
struct Segment {
    explicit Segment(model::Offset first_offset) : base(first_offset) {}
    // As the last checkpoint knew it: all in the file, the indexes not loaded.
    explicit Segment(const SegmentRecord& record);

    // Gives the batch its position: behind everything before it.
    uint32_t add(const model::BatchView& batch, uint32_t index_interval_bytes);
    // Forgets what lies at or behind `position`, where the offset `end` would be. The greatest
    // timestamp of what is left is for the caller to set.
    void truncate(uint32_t position, model::Offset end);
    // Takes over complete indexes.
    void take_indexes(Segment&& rebuilt);
    // Lets go of the indexes; they will be loaded or rebuilt when needed.
    void forget_indexes();

    SegmentRecord record() const;
    uint32_t relative(model::Offset offset) const {
        return static_cast<uint32_t>(offset.value - base.value);
    }
    model::Offset absolute(uint32_t relative_offset) const {
        return {base.value + relative_offset};
    }

    const model::Offset base;
    uint32_t size_bytes = 0;          // of its batches, in the file or in memory
    uint32_t written_bytes = 0;       // of those, in the file; may end inside a batch
    uint32_t allocated_bytes = 0;     // reserved for the file
    int64_t first_timestamp_ms = -1;  // the greatest of the first batch
    int64_t max_timestamp_ms = -1;
    // The last offset of the batch where that first occurs; -1: not known.
    model::Offset max_timestamp_offset{-1};

    OffsetIndex offsets;
    TimeIndex times;
    uint32_t indexed_from = 0;  // the indexes know only what lies at or behind this position
    bool unsynced = false;      // written since the file was last synced
    bool finished = false;      // the file is cut to its size and the indexes are on disk

    FileCache::Entry reader;  // through the page cache
    FileCache::Entry writer;  // past it

    // Among the segments whose indexes may be dropped, see IndexCache.
    boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>
        index_hook;

private:
    static constexpr uint32_t kIndexNext = UINT32_MAX;
    uint32_t last_indexed_ = 0;  // position of the last batch with an entry, or kIndexNext
};

}  // namespace polylog::log

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/checkpoint_format.h"
#include "log/epoch_history.h"
#include "log/log.h"
#include "log/producer_state.h"
#include "log/segment_list.h"
#include "log/tail.h"
#include "log/wal_ring.h"
#include "model/topic_config.h"

namespace polylog::log {

// What a log knows about itself, and how that changes. No I/O and no waiting: the same transitions
// run for live calls and for replay. Lives on its storage's shard.
//
// Batches are committed by the write-ahead log and written to segments independently; only
// committed ones are written. In the tail is at least what is not written.
class LogState {
public:
    // A new, empty log.
    LogState(model::TopicPartition log_id, std::string name, WalMode log_mode,
             std::shared_ptr<const model::TopicConfig> topic_config);
    // As the checkpoint has it: all of it committed and in segments.
    explicit LogState(LogRecord record);

    // A batch that begins at `end` and has its offsets; `bytes` is where it stays in memory.
    void add(base::Slice bytes, SlabNumber slab);
    // The write-ahead log of that mode has committed what lies below `upto`. True when durable_end
    // moved.
    bool commit(WalMode by, model::Offset upto);
    // Forgets everything from `new_end` on, which is at `position` in its segment; not below start.
    // Returns the segments that went. `left` describes what remains of the segment that is cut.
    struct Timestamps {
        int64_t max_ms = -1;
        model::Offset offset{-1};  // last offset of the batch where it first occurs
    };
    std::vector<SegmentList::Pointer> truncate(model::Offset new_end, uint32_t position,
                                               Timestamps left);
    // Deletes what lies before `new_start`; beyond the end the log is empty from there on. Returns
    // the segments that went.
    std::vector<SegmentList::Pointer> advance_start(model::Offset new_start);
    // Empties the log, which goes on at `offset`. Returns the segments that went.
    std::vector<SegmentList::Pointer> restart_at(model::Offset offset);
    // The segment's file now holds its first `bytes` bytes.
    void wrote(Segment& segment, uint32_t bytes);
    // The segment's file has changed since it was synced.
    void mark_unsynced(Segment& segment) { segment.unsynced = unsynced = true; }

    // From here on appends go to the other write-ahead log. durable_end stays where it is until a
    // checkpoint contains what the first one had: replay must never need both for one log.
    void begin_switch(WalMode to);
    // A checkpoint contains the switch. True when durable_end moved.
    bool end_switch();
    bool switching() const { return switch_.has_value(); }
    // What is committed by whichever write-ahead log has it, and so may be written to segments.
    model::Offset writable_end() const;

    // Lets go of batches in slabs up to `slab`; false while unwritten ones are left in there.
    bool evict(SlabNumber slab) { return tail.evict(slab, flushed_end); }
    // The slab that holds the oldest batch not written to a segment.
    std::optional<SlabNumber> oldest_unflushed() const;
    // How far the segment's file has what the tail has not.
    uint32_t file_end(const Segment& segment) const;
    LogRecord record() const;

    const model::TopicPartition id;
    const std::string topic_name;
    std::shared_ptr<const model::TopicConfig> config;
    WalMode mode;
    model::Offset start;
    model::Offset end;
    model::Offset durable_end;  // committed by its write-ahead log, see begin_switch
    model::Offset flushed_end;  // every batch below it is in its segment's file
    model::Offset high_watermark;
    uint64_t unflushed_bytes = 0;  // of batches, not yet in a segment's file
    SegmentList segments;
    Tail tail;
    ProducerState producers;
    EpochHistory epochs;
    std::optional<base::Error> offline;
    bool changed = true;    // since record() was last put into a checkpoint
    bool unsynced = false;  // some segment is
    // Batches below `start` were lost with the power, and the write-ahead log does not know it:
    // told before the next batch, which would seem to follow a gap.
    bool start_unnoted = false;
    uint64_t cuts = 0;  // how often batches were taken back: what was read may be gone

private:
    void recount_unflushed();

    struct Switch {
        WalMode from;
        model::Offset at;
        model::Offset committed_end;  // by the new write-ahead log
    };
    std::optional<Switch> switch_;
};

}  // namespace polylog::log

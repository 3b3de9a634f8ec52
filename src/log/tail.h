#pragma once

#include <cstdint>
#include <optional>

#include "base/slice.h"
#include "log/log.h"
#include "log/ring_queue.h"
#include "model/ids.h"
#include "model/record_batch.h"

namespace polylog::log {

// Counts the blocks of memory that hold batches, in the order in which they came into use; see
// TailCache.
using SlabNumber = base::Strong<struct SlabNumberTag, uint64_t>;

// A batch in memory: a view of the slab in which the write-ahead log gathered it. 64 bytes.
struct TailBatch {
    model::Offset base;
    model::Offset last;
    base::Slice bytes;
    SlabNumber slab;
    uint32_t position = 0;  // in its segment
};

// The newest batches of a log, a suffix without gaps. What has not reached its segment's file is
// always in here. Part of its log, on the log's shard.
class Tail {
public:
    explicit Tail(model::Offset begin) : begin_(begin), end_(begin) {}

    // The first offset in here; end() when there is nothing.
    model::Offset begin() const { return begin_; }
    model::Offset end() const { return end_; }
    size_t size() const { return batches_.size(); }
    const TailBatch& operator[](size_t index) const { return batches_[index]; }
    // Index of the batch that holds the offset; size() for end(). Not below begin().
    size_t find(model::Offset offset) const;

    // The batch must begin at end().
    void push(TailBatch batch);
    // Forgets what lies at or behind `end`, where a batch begins.
    void truncate(model::Offset end);
    // Forgets everything; what follows begins at `begin`.
    void reset(model::Offset begin);
    // Lets go of the front batches that end at or below `upto`.
    void forget_before(model::Offset upto);
    // The same, but only of those in slabs up to `slab`. True when none of these is left.
    bool evict(SlabNumber slab, model::Offset upto);

    // Nothing when the range begins before begin().
    std::optional<ReadBatches> read(const ReadRange& range) const;

private:
    void pop_front();

    RingQueue<TailBatch> batches_;
    model::Offset begin_;
    model::Offset end_;
};

}  // namespace polylog::log

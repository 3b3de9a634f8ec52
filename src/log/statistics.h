#pragma once

#include <algorithm>
#include <cstdint>

#include "base/histogram.h"
#include "base/time.h"

namespace polylog::log {

// How often something took how long.
struct Latency {
    uint64_t count = 0;
    base::Duration total{};
    base::Duration max{};
    base::HistogramCounts histogram;  // in nanoseconds

    void record(base::Duration duration) {
        ++count;
        total += duration;
        if (duration > max) max = duration;
        histogram.add(static_cast<uint64_t>(std::max<int64_t>(duration.count(), 0)));
    }
};

// What a storage has done since it was opened. Counters only rise; read on the storage's shard.
struct Statistics {
    uint64_t appended_batches = 0;
    uint64_t appended_bytes = 0;
    uint64_t refused_appends = 0;  // disk full, memory full, offline
    uint64_t flushes = 0;          // writes into segments
    uint64_t flushed_bytes = 0;    // of batches; blocks written again are not counted
    uint64_t segment_syncs = 0;
    uint64_t segments_begun = 0;
    uint64_t segments_deleted = 0;
    uint64_t tail_reads = 0;  // answered from memory
    uint64_t file_reads = 0;  // that had to read a file
    uint64_t file_read_bytes = 0;
    uint64_t corrupt_batches = 0;  // found on reading, never served
    uint64_t indexes_rebuilt = 0;
    uint64_t failed_checkpoints = 0;
    uint64_t producers_evicted = 0;  // forgotten because too many were remembered
    Latency commit;                  // from the first entry of a group to its commit
    Latency checkpoint;
};

}  // namespace polylog::log

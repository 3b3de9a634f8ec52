#pragma once

#include <atomic>
#include <cstdint>

#include "base/limits.h"
#include "base/result.h"
#include "io/disk.h"
#include "io/scope.h"
#include "io/shard.h"

namespace polylog::broker {

// How full the disk is, and what follows from it. Each stage includes those before it; reads and
// deletes are served in all of them.
enum class DiskStage : uint8_t {
    normal,
    refuse_records,  // of clients, with disk_full
    read_only,       // no new topics, partitions, producer ids or committed offsets
};

DiskStage disk_stage(const io::DiskSpace& space, const base::Limits& limits);

// Looks at the data directory's disk once a second, so that space that is freed counts within
// seconds. Lives on the first shard.
class DiskWatch {
public:
    // The limits outlive it.
    DiskWatch(io::Shard& shard, const base::Limits& limits) : shard_(shard), limits_(limits) {}

    // The first look is done when it returns. Errors: io_failed.
    io::Task<base::Result<void>> start();
    void stop() { scope_.destroy_all(); }

    // From any shard.
    DiskStage stage() const { return stage_.load(std::memory_order_relaxed); }
    // As last seen; on the first shard.
    const io::DiskSpace& space() const { return space_; }

private:
    io::Task<base::Result<void>> look();
    io::Task<void> watch();

    io::Shard& shard_;
    const base::Limits& limits_;
    io::DiskSpace space_;
    std::atomic<DiskStage> stage_{DiskStage::normal};
    io::TaskScope scope_;  // last: goes first
};

}  // namespace polylog::broker

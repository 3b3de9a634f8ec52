#pragma once

#include "base/memory_budget.h"
#include "base/result.h"
#include "broker/disk_watch.h"

namespace polylog::broker {

// Says what the broker refuses because disk or memory run short. Reads and deletes always go on.
// Callable from any shard.
class Pressure {
public:
    // Both outlive it.
    Pressure(const DiskWatch& disk, base::MemoryBudget& memory) : disk_(disk), memory_(memory) {}

    base::MemoryBudget& memory() const { return memory_; }
    // Records of clients. Errors: disk_full, throttled; both are worth another try.
    base::Result<void> accepts_records() const {
        if (disk_.stage() >= DiskStage::refuse_records)
            return base::fail(base::ErrorCode::disk_full, "the disk is nearly full");
        if (memory_.stage() >= base::MemoryStage::refuse)
            return base::fail(base::ErrorCode::throttled, "the memory budget is used up");
        return {};
    }
    // What the broker itself must note, which goes on for longer. Error: disk_full.
    base::Result<void> accepts_changes() const {
        if (disk_.stage() < DiskStage::read_only) return {};
        return base::fail(base::ErrorCode::disk_full,
                          "the disk is full: only reads and deletes are served");
    }

private:
    const DiskWatch& disk_;
    base::MemoryBudget& memory_;
};

}  // namespace polylog::broker

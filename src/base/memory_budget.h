#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "base/time.h"

namespace polylog::base {

// What memory that grows with load is used for.
enum class MemoryUse : uint8_t {
    requests,   // frames that have arrived, or are arriving, and are not answered
    responses,  // answers that are not sent
    storage,    // batches that are not in segments yet, or kept for tailing readers
    groups,     // members and committed offsets
};
constexpr size_t kMemoryUses = 4;
std::string_view to_string(MemoryUse use);

// How full the budget is, and what follows from it. Each stage includes those before it.
enum class MemoryStage : uint8_t {
    normal,
    slow_producers,   // answers to producers ask for a pause
    pause_producers,  // producers are not read from
    refuse,           // no new connections, no appends, no frame that needs more memory
};

// The memory of the whole process that clients can make grow, counted by those who hold it. Shared
// by all shards; any thread may add, remove and ask. Counting is one relaxed atomic addition; a
// stage is as fresh as the counts, which is enough for a bound with 5 percent to spare.
class MemoryBudget {
public:
    // The limits are read here and not kept.
    MemoryBudget(uint64_t limit_bytes, const Limits& limits);
    MemoryBudget(const MemoryBudget&) = delete;
    MemoryBudget& operator=(const MemoryBudget&) = delete;

    void add(MemoryUse use, size_t bytes) { counter(use).fetch_add(bytes, kOrder); }
    void remove(MemoryUse use, size_t bytes) { counter(use).fetch_sub(bytes, kOrder); }

    uint64_t limit_bytes() const { return limit_bytes_; }
    uint64_t used_bytes(MemoryUse use) const {
        return used_[static_cast<size_t>(use)].load(kOrder);
    }
    uint64_t used_bytes() const;
    MemoryStage stage() const;
    // What a producer is asked to pause for: from nothing, where the stage of slow producers
    // begins, to kPauseMax, where it ends.
    Duration producer_pause() const;
    // What one connection may hold of requests and responses.
    uint64_t connection_share_bytes() const { return connection_share_bytes_; }

    static constexpr Duration kPauseMax = std::chrono::seconds(1);

private:
    static constexpr std::memory_order kOrder = std::memory_order_relaxed;
    std::atomic<uint64_t>& counter(MemoryUse use) { return used_[static_cast<size_t>(use)]; }

    const uint64_t limit_bytes_;
    const uint64_t slow_from_bytes_;
    const uint64_t pause_from_bytes_;
    const uint64_t refuse_from_bytes_;
    const uint64_t connection_share_bytes_;
    std::array<std::atomic<uint64_t>, kMemoryUses> used_{};
};

// What one holder uses of a budget; given back with it. One thread at a time.
class MemoryClaim {
public:
    MemoryClaim(MemoryBudget& budget, MemoryUse use) : budget_(budget), use_(use) {}
    ~MemoryClaim() { set(0); }
    MemoryClaim(const MemoryClaim&) = delete;
    MemoryClaim& operator=(const MemoryClaim&) = delete;

    void set(size_t bytes) {
        if (bytes > bytes_) budget_.add(use_, bytes - bytes_);
        if (bytes < bytes_) budget_.remove(use_, bytes_ - bytes);
        bytes_ = bytes;
    }
    size_t bytes() const { return bytes_; }

private:
    MemoryBudget& budget_;
    const MemoryUse use_;
    size_t bytes_ = 0;
};

}  // namespace polylog::base

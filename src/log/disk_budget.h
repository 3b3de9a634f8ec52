#pragma once

#include <cstdint>

namespace polylog::log {

// What may be taken from the disk before only its reserve is left. The free space is looked at now
// and then; in between, what the storage takes is counted here. Lives on its storage's shard.
class DiskBudget {
public:
    explicit DiskBudget(uint64_t reserve_bytes) : reserve_bytes_(reserve_bytes) {}

    // The disk has been looked at; of what it has left, `claimed_bytes` are spoken for.
    void saw(uint64_t available_bytes, uint64_t claimed_bytes) {
        available_bytes_ = available_bytes;
        claimed_bytes_ = claimed_bytes;
    }
    // So much is going to be taken, or has just been.
    void claim(uint64_t bytes) { claimed_bytes_ += bytes; }

    // Since the last look, and what that one counted.
    uint64_t claimed_bytes() const { return claimed_bytes_; }
    bool reserve_is_used() const { return available_bytes_ < reserve_bytes_ + claimed_bytes_; }
    // What is left beside the reserve.
    uint64_t spare_bytes() const {
        return reserve_is_used() ? 0 : available_bytes_ - reserve_bytes_ - claimed_bytes_;
    }

private:
    const uint64_t reserve_bytes_;
    uint64_t available_bytes_ = 0;
    uint64_t claimed_bytes_ = 0;
};

}  // namespace polylog::log

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace polylog::bench {

// Latencies in nanoseconds, counted in buckets of 1/128 of their octave: every reported percentile
// is at most 0.8 % above the true value. 58 KiB whatever is recorded; recording costs a few
// nanoseconds.
class Histogram {
public:
    Histogram();

    void record(uint64_t nanoseconds);
    void clear();

    uint64_t count() const { return count_; }
    uint64_t max() const { return max_; }
    // The smallest bucket edge at or below which `fraction` (0..1) of the recorded values lie;
    // never above max(), 0 when nothing was recorded.
    uint64_t percentile(double fraction) const;

private:
    static size_t bucket_of(uint64_t value);
    static uint64_t upper_edge(size_t bucket);

    std::vector<uint64_t> counts_;
    uint64_t count_ = 0;
    uint64_t max_ = 0;
};

}  // namespace polylog::bench

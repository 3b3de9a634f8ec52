#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

// Distributions of non-negative integers, such as latencies in nanoseconds and sizes in bytes, in
// buckets that are linear within each power of two (as HdrHistogram's): bounded memory, bounded
// relative error.
namespace polylog::base {

// Where values fall. Buckets include their upper bound and exclude their lower one, as Prometheus'
// `le` does, so counts up to a power of two are exact.
struct HistogramBuckets {
    static constexpr int kPrecisionBits = 3;  // 8 buckets per power of two: at most 12.5 % wide
    static constexpr int kMaxValueBits = 40;  // 18 minutes in ns, 1 TiB; larger ones count there
    static constexpr size_t kCount = (kMaxValueBits - kPrecisionBits + 1) << kPrecisionBits;

    static constexpr size_t index_of(uint64_t value) {
        constexpr uint64_t kMaxValue = uint64_t{1} << kMaxValueBits;
        const uint64_t position = value == 0 ? 0 : (value > kMaxValue ? kMaxValue : value) - 1;
        const auto octave = static_cast<int>(std::bit_width(position >> kPrecisionBits));
        const int shift = octave > 0 ? octave - 1 : 0;
        return (static_cast<size_t>(shift) << kPrecisionBits) + (position >> shift);
    }
    // The largest value that falls into the bucket.
    static constexpr uint64_t upper_bound(size_t index) {
        constexpr size_t kPerOctave = size_t{1} << kPrecisionBits;
        const size_t shift = index < kPerOctave ? 0 : index / kPerOctave - 1;
        return (uint64_t{index - shift * kPerOctave} + 1) << shift;
    }
};

// The counts of a histogram at one moment; a value, which can be added to another's.
struct HistogramCounts {
    std::array<uint64_t, HistogramBuckets::kCount> buckets{};
    uint64_t sum = 0;

    void add(uint64_t value) {
        ++buckets[HistogramBuckets::index_of(value)];
        sum += value;
    }
    uint64_t count() const;
    // How many values were at most 2^bits.
    uint64_t count_up_to_power_of_two(int bits) const;
    // An estimate of the value below which the fraction q (0 to 1) of all values lie; at most one
    // bucket's width too high, never too low. 0 when there are none.
    uint64_t quantile(double q) const;
    void merge(const HistogramCounts& other);
};

// Written by one thread, the shard that owns it; readable from any. 2.4 KiB. Recording costs about
// 2 ns.
class Histogram {
public:
    void record(uint64_t value) {
        std::atomic<uint64_t>& bucket = buckets_[HistogramBuckets::index_of(value)];
        bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
    }
    // In nanoseconds; a clock that was set back counts as 0.
    void record(Duration duration) {
        record(duration.count() > 0 ? static_cast<uint64_t>(duration.count()) : uint64_t{0});
    }
    // From any thread: each count is exact, but the sum may miss values recorded meanwhile.
    HistogramCounts counts() const;

private:
    std::array<std::atomic<uint64_t>, HistogramBuckets::kCount> buckets_{};
    std::atomic<uint64_t> sum_{0};
};

}  // namespace polylog::base

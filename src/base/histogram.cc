#include "base/histogram.h"

#include <cmath>
#include <numeric>

namespace polylog::base {

uint64_t HistogramCounts::count() const {
    return std::accumulate(buckets.begin(), buckets.end(), uint64_t{0});
}

uint64_t HistogramCounts::count_up_to_power_of_two(int bits) const {
    const size_t last = HistogramBuckets::index_of(uint64_t{1} << bits);
    return std::accumulate(buckets.begin(), buckets.begin() + static_cast<ptrdiff_t>(last) + 1,
                           uint64_t{0});
}

uint64_t HistogramCounts::quantile(double q) const {
    const auto rank = std::ceil(q * static_cast<double>(count()));
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets.size(); ++i) {
        seen += buckets[i];
        if (seen > 0 && static_cast<double>(seen) >= rank) return HistogramBuckets::upper_bound(i);
    }
    return 0;
}

void HistogramCounts::merge(const HistogramCounts& other) {
    for (size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
    sum += other.sum;
}

HistogramCounts Histogram::counts() const {
    HistogramCounts counts;
    for (size_t i = 0; i < buckets_.size(); ++i) {
        counts.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    }
    counts.sum = sum_.load(std::memory_order_relaxed);
    return counts;
}

}  // namespace polylog::base

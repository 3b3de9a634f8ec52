#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace polylog::bench {

namespace {

constexpr int kMantissaBits = 8;  // a value keeps its 8 leading bits: 128 buckets in each octave
constexpr size_t kBucketsPerOctave = size_t{1} << (kMantissaBits - 1);
constexpr size_t kBuckets = (64 - kMantissaBits + 2) * kBucketsPerOctave;

}  // namespace

Histogram::Histogram() : counts_(kBuckets) {}

void Histogram::record(uint64_t nanoseconds) {
    ++counts_[bucket_of(nanoseconds)];
    ++count_;
    max_ = std::max(max_, nanoseconds);
}

void Histogram::clear() {
    std::ranges::fill(counts_, 0);
    count_ = 0;
    max_ = 0;
}

uint64_t Histogram::percentile(double fraction) const {
    const auto wanted = static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
        seen += counts_[bucket];
        if (counts_[bucket] != 0 && seen >= wanted) return std::min(upper_edge(bucket), max_);
    }
    return max_;
}

size_t Histogram::bucket_of(uint64_t value) {
    const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kMantissaBits);
    return static_cast<size_t>(shift) * kBucketsPerOctave + static_cast<size_t>(value >> shift);
}

uint64_t Histogram::upper_edge(size_t bucket) {
    if (bucket < 2 * kBucketsPerOctave) return bucket;
    const size_t shift = bucket / kBucketsPerOctave - 1;
    const uint64_t mantissa = bucket - shift * kBucketsPerOctave;
    return ((mantissa + 1) << shift) - 1;
}

}  // namespace polylog::bench

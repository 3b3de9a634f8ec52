#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/histogram.h"

// What the program counts. Each shard has a MetricsRegistry; whoever counts registers once and
// keeps the reference, so that counting is a plain load and store. Scraping collects every shard's
// registry, merges the snapshots and renders them (metrics_text.h).
//
//     base::Counter& throttled = registry.counter(
//         {.name = "polylog_throttled_total", .help = "Requests told to slow down."},
//         {{"reason", "quota"}});
//     throttled.add();
namespace polylog::base {

// What a value measures; names end in it ("_seconds"). In `seconds`, counters and histograms are
// fed nanoseconds and gauges seconds; everything is shown in seconds.
enum class MetricUnit : uint8_t { none, seconds, bytes, ratio };
enum class MetricType : uint8_t { counter, gauge, histogram };
// How the gauges of several shards, and gauges added twice, become one.
enum class GaugeMerge : uint8_t { sum, max };

// Describes a family: all series of one name. Its texts are literals. The name is the one shown,
// complete: [a-z_0-9], counters end in "_total", others do not.
struct MetricSpec {
    std::string_view name;
    std::string_view help;  // one sentence
    MetricUnit unit = MetricUnit::none;
    GaugeMerge gauge_merge = GaugeMerge::sum;
};

// Names and values; the names and their order are the same for all series of a family.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Never decreases. Written by one thread, readable from any.
class Counter {
public:
    void add(uint64_t amount = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<uint64_t> value_{0};
};

// Goes up and down. Written by one thread, readable from any. Whole numbers are exact up to 2^53.
class Gauge {
public:
    void set(double value) { value_.store(value, std::memory_order_relaxed); }
    void add(double amount) { set(value() + amount); }
    double value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<double> value_{0};
};

// The values of many metrics at one moment, by name and labels; belongs to whoever collected it.
// Values that no registry holds, because they are cheaper to compute when asked for, are added
// directly.
class MetricsSnapshot {
public:
    using Value = std::variant<double, std::unique_ptr<HistogramCounts>>;
    struct Family {
        MetricSpec spec;
        MetricType type = MetricType::gauge;
        std::map<MetricLabels, Value> series;
    };

    // Added to what is there: counters and histograms sum up, gauges as their family says. In the
    // units that are shown, except that histograms of seconds stay in nanoseconds.
    void add_counter(const MetricSpec& spec, const MetricLabels& labels, double value);
    void add_gauge(const MetricSpec& spec, const MetricLabels& labels, double value);
    void add_histogram(const MetricSpec& spec, const MetricLabels& labels,
                       const HistogramCounts& counts);
    void merge(const MetricsSnapshot& other);

    const std::map<std::string_view, Family>& families() const { return families_; }
    // Null when there is no such series.
    const Value* find(std::string_view name, const MetricLabels& labels = {}) const;

private:
    Family& family(const MetricSpec& spec, MetricType type);

    std::map<std::string_view, Family> families_;
};

// One shard's metrics. Only the shard registers and counts; any thread may collect, without a lock:
// series are only ever added, each published when it is complete. References stay valid as long as
// the registry.
class MetricsRegistry {
public:
    // Further series of a family are counted together, under the label value kOther: labels may
    // come from outside, memory may not follow them.
    static constexpr size_t kMaxSeriesPerFamily = 512;
    static constexpr std::string_view kOther = "(other)";

    MetricsRegistry() = default;
    MetricsRegistry(const MetricsRegistry&) = delete;
    MetricsRegistry& operator=(const MetricsRegistry&) = delete;

    // The same name and labels give the same metric. A name keeps its type, and its label names.
    Counter& counter(const MetricSpec& spec, const MetricLabels& labels = {});
    Gauge& gauge(const MetricSpec& spec, const MetricLabels& labels = {});
    Histogram& histogram(const MetricSpec& spec, const MetricLabels& labels = {});

    MetricsSnapshot collect() const;

private:
    using Metric = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>,
                                std::unique_ptr<Histogram>>;
    struct Series {
        MetricSpec spec;
        MetricLabels labels;
        Metric metric;
        const Series* older;  // in the list of all series
    };
    using Family = std::map<MetricLabels, std::unique_ptr<Series>>;

    template <class T>
    T& find_or_add(const MetricSpec& spec, MetricLabels labels);

    std::map<std::string_view, Family> families_;  // the shard's own: what is registered
    std::atomic<const Series*> newest_{nullptr};   // for everybody: the head of the list
};

}  // namespace polylog::base

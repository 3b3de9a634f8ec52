#include "base/metrics.h"

#include <algorithm>

#include "base/check.h"

namespace polylog::base {

namespace {

constexpr double kNsPerSecond = 1e9;

void check_name(std::string_view name, MetricType type) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz_0123456789";
    CHECK(!name.empty() && name.find_first_not_of(kAllowed) == name.npos);
    CHECK(name.ends_with("_total") == (type == MetricType::counter));
}

bool same_names(const MetricLabels& a, const MetricLabels& b) {
    return std::ranges::equal(a, b, {}, &MetricLabels::value_type::first,
                              &MetricLabels::value_type::first);
}

template <class T>
constexpr MetricType kTypeOf = MetricType::gauge;
template <>
constexpr MetricType kTypeOf<Counter> = MetricType::counter;
template <>
constexpr MetricType kTypeOf<Histogram> = MetricType::histogram;

}  // namespace

MetricsSnapshot::Family& MetricsSnapshot::family(const MetricSpec& spec, MetricType type) {
    const auto [found, added] = families_.try_emplace(spec.name, spec, type);
    if (added) check_name(spec.name, type);
    CHECK(found->second.type == type);
    return found->second;
}

void MetricsSnapshot::add_counter(const MetricSpec& spec, const MetricLabels& labels,
                                  double value) {
    Value& sum = family(spec, MetricType::counter).series.try_emplace(labels, 0.0).first->second;
    std::get<double>(sum) += value;
}

void MetricsSnapshot::add_gauge(const MetricSpec& spec, const MetricLabels& labels, double value) {
    const auto [found, added] = family(spec, MetricType::gauge).series.try_emplace(labels, value);
    if (added) return;
    auto& merged = std::get<double>(found->second);
    merged = spec.gauge_merge == GaugeMerge::sum ? merged + value : std::max(merged, value);
}

void MetricsSnapshot::add_histogram(const MetricSpec& spec, const MetricLabels& labels,
                                    const HistogramCounts& counts) {
    const auto [found, added] = family(spec, MetricType::histogram).series.try_emplace(labels);
    if (added) found->second = std::make_unique<HistogramCounts>();
    std::get<std::unique_ptr<HistogramCounts>>(found->second)->merge(counts);
}

void MetricsSnapshot::merge(const MetricsSnapshot& other) {
    for (const auto& [_, family] : other.families_) {
        for (const auto& [labels, value] : family.series) {
            if (const auto* counts = std::get_if<std::unique_ptr<HistogramCounts>>(&value)) {
                add_histogram(family.spec, labels, **counts);
            } else if (family.type == MetricType::counter) {
                add_counter(family.spec, labels, std::get<double>(value));
            } else {
                add_gauge(family.spec, labels, std::get<double>(value));
            }
        }
    }
}

const MetricsSnapshot::Value* MetricsSnapshot::find(std::string_view name,
                                                    const MetricLabels& labels) const {
    const auto family = families_.find(name);
    if (family == families_.end()) return nullptr;
    const auto series = family->second.series.find(labels);
    return series == family->second.series.end() ? nullptr : &series->second;
}

template <class T>
T& MetricsRegistry::find_or_add(const MetricSpec& spec, MetricLabels labels) {
    const auto [found, added] = families_.try_emplace(spec.name);
    if (added) check_name(spec.name, kTypeOf<T>);
    Family& family = found->second;
    CHECK(family.empty() || same_names(family.begin()->first, labels));
    if (family.size() >= kMaxSeriesPerFamily && !family.contains(labels)) {
        for (auto& [_, value] : labels) value = kOther;
    }
    std::unique_ptr<Series>& series = family[labels];
    if (!series) {
        const Series* older = newest_.load(std::memory_order_relaxed);
        series.reset(new Series{spec, std::move(labels), std::make_unique<T>(), older});
        newest_.store(series.get(), std::memory_order_release);
    }
    CHECK(std::holds_alternative<std::unique_ptr<T>>(series->metric));
    return *std::get<std::unique_ptr<T>>(series->metric);
}

Counter& MetricsRegistry::counter(const MetricSpec& spec, const MetricLabels& labels) {
    return find_or_add<Counter>(spec, labels);
}

Gauge& MetricsRegistry::gauge(const MetricSpec& spec, const MetricLabels& labels) {
    return find_or_add<Gauge>(spec, labels);
}

Histogram& MetricsRegistry::histogram(const MetricSpec& spec, const MetricLabels& labels) {
    return find_or_add<Histogram>(spec, labels);
}

MetricsSnapshot MetricsRegistry::collect() const {
    MetricsSnapshot snapshot;
    const Series* series = newest_.load(std::memory_order_acquire);
    for (; series; series = series->older) {
        const auto& [spec, labels, metric, _] = *series;
        const double scale = spec.unit == MetricUnit::seconds ? kNsPerSecond : 1;
        if (const auto* counter = std::get_if<std::unique_ptr<Counter>>(&metric)) {
            const auto value = static_cast<double>((*counter)->value());
            snapshot.add_counter(spec, labels, value / scale);
        } else if (const auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&metric)) {
            snapshot.add_gauge(spec, labels, (*gauge)->value());
        } else {
            snapshot.add_histogram(spec, labels,
                                   std::get<std::unique_ptr<Histogram>>(metric)->counts());
        }
    }
    return snapshot;
}

}  // namespace polylog::base

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/metrics.h"

// The two texts that scrapers read: Prometheus' text format 0.0.4, and OpenMetrics 1.0 for those
// that accept it.
namespace polylog::base {

enum class MetricsFormat : uint8_t { prometheus, open_metrics };

// The Content-Type of each.
std::string_view content_type(MetricsFormat format);

// Families by name, series by labels. A pure function; about 1 us per line. Histograms show the
// counts up to powers of two from 16 us to 69 s, from 64 B to 128 MiB, or from 1 to 2^20, by their
// unit.
std::string render_metrics(const MetricsSnapshot& snapshot, MetricsFormat format);

}  // namespace polylog::base

#include "base/metrics_text.h"

#include <charconv>
#include <cmath>

#include "base/check.h"
#include "base/utf8.h"

namespace polylog::base {

namespace {

std::string_view to_string(MetricType type) {
    switch (type) {
    case MetricType::counter: return "counter";
    case MetricType::gauge: return "gauge";
    case MetricType::histogram: return "histogram";
    }
    CHECK(false && "a MetricType outside the enum");
}

std::string_view to_string(MetricUnit unit) {
    switch (unit) {
    case MetricUnit::none: return "";
    case MetricUnit::seconds: return "seconds";
    case MetricUnit::bytes: return "bytes";
    case MetricUnit::ratio: return "ratio";
    }
    CHECK(false && "a MetricUnit outside the enum");
}

// Which powers of two a histogram shows as `le`, and what its numbers are divided by.
struct Scale {
    int first_bits;
    int last_bits;
    double divisor;
};

Scale scale_of(MetricUnit unit) {
    switch (unit) {
    case MetricUnit::seconds: return {14, 36, 1e9};
    case MetricUnit::bytes: return {6, 27, 1};
    case MetricUnit::none:
    case MetricUnit::ratio: return {0, 20, 1};
    }
    CHECK(false && "a MetricUnit outside the enum");
}

class Renderer {
public:
    explicit Renderer(MetricsFormat format) : format_(format) {}

    void family(const MetricsSnapshot::Family& family) {
        describe(family.spec, family.type);
        for (const auto& [labels, value] : family.series) {
            if (const auto* number = std::get_if<double>(&value)) {
                sample(family.spec.name, labels, *number);
            } else {
                histogram(family.spec, labels, *std::get<std::unique_ptr<HistogramCounts>>(value));
            }
        }
    }

    std::string finish() {
        if (format_ == MetricsFormat::open_metrics) out_.append("# EOF\n");
        return std::move(out_);
    }

private:
    void describe(const MetricSpec& spec, MetricType type) {
        std::string_view name = spec.name;
        const bool open_metrics = format_ == MetricsFormat::open_metrics;
        // OpenMetrics names the family without the suffix that its samples have.
        if (open_metrics && type == MetricType::counter) name.remove_suffix(sizeof("_total") - 1);
        out_.append("# HELP ").append(name).append(" ");
        escape(spec.help, open_metrics);
        out_.append("\n# TYPE ").append(name).append(" ").append(to_string(type)).append("\n");
        const std::string_view unit = to_string(spec.unit);
        if (open_metrics && !unit.empty() && name.ends_with(unit)) {
            out_.append("# UNIT ").append(name).append(" ").append(unit).append("\n");
        }
    }

    void histogram(const MetricSpec& spec, const MetricLabels& labels,
                   const HistogramCounts& counts) {
        const Scale scale = scale_of(spec.unit);
        const std::string name(spec.name);
        MetricLabels bucket_labels = labels;
        bucket_labels.emplace_back("le", "");
        for (int bits = scale.first_bits; bits <= scale.last_bits; ++bits) {
            bucket_labels.back().second = bound(std::ldexp(1.0, bits) / scale.divisor);
            sample(name + "_bucket", bucket_labels,
                   static_cast<double>(counts.count_up_to_power_of_two(bits)));
        }
        const auto count = static_cast<double>(counts.count());
        bucket_labels.back().second = "+Inf";
        sample(name + "_bucket", bucket_labels, count);
        sample(name + "_sum", labels, static_cast<double>(counts.sum) / scale.divisor);
        sample(name + "_count", labels, count);
    }

    void sample(std::string_view name, const MetricLabels& labels, double value) {
        out_.append(name);
        char separator = '{';
        for (const auto& [label, text] : labels) {
            out_.append(1, separator).append(label).append("=\"");
            escape(text, true);
            out_.append("\"");
            separator = ',';
        }
        if (!labels.empty()) out_.append("}");
        out_.append(" ").append(number(value)).append("\n");
    }

    // Both formats: a backslash and a line feed, and in quotes the quotation mark, get a backslash.
    void escape(std::string_view text, bool quotes) {
        while (!text.empty()) {
            const size_t size = utf8_sequence_size(text);
            const std::string_view sequence = text.substr(0, size == 0 ? 1 : size);
            text.remove_prefix(sequence.size());
            if (size == 0) {
                out_.append(kReplacementCharacter);
            } else if (sequence == "\n") {
                out_.append("\\n");
            } else {
                if (sequence == "\\" || (quotes && sequence == "\"")) out_.append("\\");
                out_.append(sequence);
            }
        }
    }

    static std::string number(double value) {
        if (std::isnan(value)) return "NaN";
        if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
        char digits[32];
        return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
    }
    // OpenMetrics, "Considerations: Canonical Numbers": the bounds of buckets are written as
    // floats.
    std::string bound(double value) const {
        std::string text = number(value);
        const bool looks_whole = text.find_first_of(".e") == text.npos;
        if (format_ == MetricsFormat::open_metrics && looks_whole) text.append(".0");
        return text;
    }

    const MetricsFormat format_;
    std::string out_;
};

}  // namespace

std::string_view content_type(MetricsFormat format) {
    switch (format) {
    case MetricsFormat::prometheus: return "text/plain; version=0.0.4; charset=utf-8";
    case MetricsFormat::open_metrics:
        return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    }
    CHECK(false && "a MetricsFormat outside the enum");
}

std::string render_metrics(const MetricsSnapshot& snapshot, MetricsFormat format) {
    Renderer renderer(format);
    for (const auto& [_, family] : snapshot.families()) renderer.family(family);
    return renderer.finish();
}

}  // namespace polylog::base

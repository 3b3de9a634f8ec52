#include "bench/report.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <limits>

namespace polylog::bench {

namespace {

constexpr double kMillion = 1e6;
constexpr double kGigabyte = 1e9;

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    return out + "\"";
}

double per(double amount, double whole, double unit) {
    return whole > 0 ? amount / whole * unit : std::numeric_limits<double>::quiet_NaN();
}

double microseconds(const LoadResult& result, double fraction) {
    return static_cast<double>(result.latency.percentile(fraction)) / 1e3;
}

}  // namespace

void JsonLine::key(std::string_view key) {
    if (!members_.empty()) members_ += ',';
    members_ += quoted(key);
    members_ += ':';
}

JsonLine& JsonLine::text(std::string_view name, std::string_view value) {
    key(name);
    members_ += quoted(value);
    return *this;
}

JsonLine& JsonLine::integer(std::string_view name, uint64_t value) {
    key(name);
    members_ += fmt::format("{}", value);
    return *this;
}

JsonLine& JsonLine::number(std::string_view name, double value) {
    key(name);
    members_ += std::isfinite(value) ? fmt::format("{:.6g}", value) : "null";
    return *this;
}

JsonLine& JsonLine::truth(std::string_view name, bool value) {
    key(name);
    members_ += value ? "true" : "false";
    return *this;
}

void add_result(JsonLine& line, const LoadShape& shape, const LoadResult& result) {
    const auto messages = static_cast<double>(result.messages);
    const auto bytes = static_cast<double>(result.bytes);
    const double server_cpu = shape.server_pid != 0 ? result.server_cpu_seconds
                                                    : std::numeric_limits<double>::quiet_NaN();
    line.integer("connections", static_cast<uint64_t>(shape.connections))
        .integer("depth", static_cast<uint64_t>(shape.depth))
        .number("intended_requests_per_s", shape.requests_per_second)
        .number("seconds", result.seconds)
        .integer("requests", result.requests)
        .integer("messages", result.messages)
        .integer("bytes", result.bytes)
        .number("requests_per_s", per(static_cast<double>(result.requests), result.seconds, 1))
        .number("messages_per_s", per(messages, result.seconds, 1))
        .number("mb_per_s", per(bytes, result.seconds, 1 / kMillion))
        .number("p50_us", microseconds(result, 0.5))
        .number("p99_us", microseconds(result, 0.99))
        .number("p999_us", microseconds(result, 0.999))
        .number("max_us", static_cast<double>(result.latency.max()) / 1e3)
        .integer("abandoned", result.abandoned)
        .number("server_cpu_s", server_cpu)
        .number("server_cpu_s_per_million", per(server_cpu, messages, kMillion))
        .number("server_cpu_s_per_gb", per(server_cpu, bytes, kGigabyte))
        .number("client_cpu_s_per_million", per(result.client_cpu_seconds, messages, kMillion))
        .number("server_written_per_byte",
                per(static_cast<double>(result.server_written_bytes), bytes, 1))
        .integer("server_peak_resident_bytes", result.server_peak_resident_bytes)
        .truth("ended_by_peer", result.ended_by_peer);
}

std::string describe(std::string_view title, const LoadShape& shape, const LoadResult& result) {
    const auto messages = static_cast<double>(result.messages);
    const auto bytes = static_cast<double>(result.bytes);
    std::string text = fmt::format("{}\n", title);
    text += fmt::format("  {:.0f} messages/s   {:.1f} MB/s   {} connections, depth {}, {:.2f} s\n",
                        per(messages, result.seconds, 1), per(bytes, result.seconds, 1 / kMillion),
                        shape.connections, shape.depth, result.seconds);
    text += fmt::format("  latency us: p50 {:.0f}   p99 {:.0f}   p99.9 {:.0f}   max {:.0f}\n",
                        microseconds(result, 0.5), microseconds(result, 0.99),
                        microseconds(result, 0.999),
                        static_cast<double>(result.latency.max()) / 1e3);
    if (shape.server_pid != 0) {
        text += fmt::format("  server CPU: {:.3f} s per million messages, {:.3f} s per GB\n",
                            per(result.server_cpu_seconds, messages, kMillion),
                            per(result.server_cpu_seconds, bytes, kGigabyte));
    }
    text += fmt::format("  client CPU: {:.3f} s per million messages\n",
                        per(result.client_cpu_seconds, messages, kMillion));
    if (result.abandoned > 0)
        text += fmt::format("  {} requests were never answered\n", result.abandoned);
    if (result.ended_by_peer) text += "  the server closed a connection\n";
    return text;
}

void print_report(const JsonLine& line, const std::string& description) {
    fmt::print("{}\n", line.str());
    std::fflush(stdout);
    fmt::print(stderr, "{}", description);
}

}  // namespace polylog::bench

#include "bench/process_usage.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

namespace polylog::bench {

namespace {

constexpr uint64_t kKibibyte = 1024;

std::string read_proc(pid_t pid, std::string_view file) {
    std::ifstream stream(fmt::format("/proc/{}/{}", pid, file));
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::string_view skip_spaces(std::string_view text) {
    const size_t start = text.find_first_not_of(" \t");
    return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

base::Result<uint64_t> parse_cpu_ticks(std::string_view stat) {
    constexpr int kUserTimeField = 14;
    constexpr int kFirstFieldAfterName = 3;
    const size_t name_end = stat.rfind(')');
    if (name_end == std::string_view::npos)
        return base::fail(base::ErrorCode::corrupt, "no command name");
    std::string_view rest = skip_spaces(stat.substr(name_end + 1));
    for (int field = kFirstFieldAfterName; field < kUserTimeField; ++field) {
        const size_t space = rest.find(' ');
        if (space == std::string_view::npos)
            return base::fail(base::ErrorCode::corrupt, "too few fields");
        rest = rest.substr(space + 1);
    }
    uint64_t user = 0;
    const auto [user_end, user_error] = std::from_chars(rest.data(), rest.data() + rest.size(),
                                                        user);
    if (user_error != std::errc())
        return base::fail(base::ErrorCode::corrupt, "user time is no number");
    rest = skip_spaces(rest.substr(static_cast<size_t>(user_end - rest.data())));
    uint64_t system = 0;
    const auto system_error = std::from_chars(rest.data(), rest.data() + rest.size(), system).ec;
    if (system_error != std::errc())
        return base::fail(base::ErrorCode::corrupt, "system time is no number");
    return user + system;
}

uint64_t parse_counter(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const size_t line_end = text.find('\n');
        const std::string_view line = text.substr(0, line_end);
        if (line.starts_with(key)) {
            const std::string_view number = skip_spaces(line.substr(key.size()));
            uint64_t value = 0;
            std::from_chars(number.data(), number.data() + number.size(), value);
            return value;
        }
        text = line_end == std::string_view::npos ? std::string_view() : text.substr(line_end + 1);
    }
    return 0;
}

base::Result<ProcessUsage> read_process_usage(pid_t pid) {
    const std::string stat = read_proc(pid, "stat");
    if (stat.empty())
        return base::fail(base::ErrorCode::not_found, fmt::format("no process {}", pid));
    TRY(const uint64_t ticks, parse_cpu_ticks(stat));
    const std::string status = read_proc(pid, "status");
    return ProcessUsage{
        .cpu_seconds = static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK)),
        .resident_bytes = parse_counter(status, "VmRSS:") * kKibibyte,
        .peak_resident_bytes = parse_counter(status, "VmHWM:") * kKibibyte,
        .written_bytes = parse_counter(read_proc(pid, "io"), "write_bytes:"),
    };
}

double own_cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace polylog::bench

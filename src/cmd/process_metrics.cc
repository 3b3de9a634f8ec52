#include "cmd/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

namespace polylog::cmd {

namespace {

constexpr base::MetricSpec kResident{.name = "process_resident_memory_bytes",
                                     .help = "Memory that is in use.",
                                     .unit = base::MetricUnit::bytes};
constexpr base::MetricSpec kProcessor{.name = "process_cpu_seconds_total",
                                      .help = "Processor time used, in user and kernel mode.",
                                      .unit = base::MetricUnit::seconds};
constexpr base::MetricSpec kDescriptors{.name = "process_max_fds",
                                        .help = "Most file descriptors the process may have."};

constexpr base::MetricSpec kOpen{.name = "polylog_connections", .help = "Connections open now."};
constexpr base::MetricSpec kAccepted{.name = "polylog_connections_accepted_total",
                                     .help = "Connections accepted."};
constexpr base::MetricSpec kRefused{.name = "polylog_connections_refused_total",
                                    .help =
                                        "New connections closed at once, by the limit they "
                                        "were beyond."};
constexpr base::MetricSpec kOverdue{.name = "polylog_connections_overdue_total",
                                    .help = "Connections closed for being silent or slow."};

double number(auto value) {
    return static_cast<double>(value);
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// The second number of /proc/self/statm, in pages (proc(5)); 0 where there is none.
double resident_bytes() {
    std::FILE* file = std::fopen("/proc/self/statm", "re");
    if (!file) return 0;
    long pages = 0;
    if (std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    std::fclose(file);
    return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void add_process_metrics(base::MetricsSnapshot& snapshot) {
    snapshot.add_gauge(kResident, {}, resident_bytes());
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0) {
        snapshot.add_counter(kProcessor, {}, seconds(usage.ru_utime) + seconds(usage.ru_stime));
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        snapshot.add_gauge(kDescriptors, {}, static_cast<double>(limit.rlim_cur));
    }
}

void add_connection_metrics(base::MetricsSnapshot& snapshot, std::string_view protocol,
                            const server::ConnectionCounts& counts) {
    const std::string name(protocol);
    snapshot.add_gauge(kOpen, {{"protocol", name}}, number(counts.open));
    snapshot.add_counter(kAccepted, {{"protocol", name}}, number(counts.accepted));
    for (size_t i = 0; i < server::kRefusalKinds; ++i) {
        const std::string limit(to_string(static_cast<server::Refusal>(i)));
        snapshot.add_counter(kRefused, {{"protocol", name}, {"limit", limit}},
                             number(counts.refused[i]));
    }
    for (size_t i = 0; i < server::kOverdueKinds; ++i) {
        const std::string reason(to_string(static_cast<server::Overdue>(i)));
        snapshot.add_counter(kOverdue, {{"protocol", name}, {"reason", reason}},
                             number(counts.overdue[i]));
    }
}

}  // namespace polylog::cmd

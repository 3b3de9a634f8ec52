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

}  // namespace polylog::cmd

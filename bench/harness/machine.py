"""The machine a benchmark runs on: which cores to use, whether it is idle, what to call it."""

import os
import platform
import time

IDLE_FRACTION = 0.92  # of all cores together
IDLE_WINDOW_S = 0.4


class Cores:
    """Where server and load run: on a core each when there are two and pinning is wanted."""

    def __init__(self, pinned):
        available = sorted(os.sched_getaffinity(0))
        self.pinned = pinned and len(available) >= 2
        self.server = {available[0]} if self.pinned else set(available)
        self.load = {available[1]} if self.pinned else set(available)


def _idle_and_total_ticks():
    with open("/proc/stat", encoding="ascii") as stat:
        ticks = [int(field) for field in stat.readline().split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def idle_fraction(window_s=IDLE_WINDOW_S):
    idle_before, total_before = _idle_and_total_ticks()
    time.sleep(window_s)
    idle_after, total_after = _idle_and_total_ticks()
    return (idle_after - idle_before) / max(1, total_after - total_before)


def wait_until_idle(patience_s):
    """True once the machine was idle for a moment; False when it stays busy for `patience_s`."""
    deadline = time.monotonic() + patience_s
    while True:
        if idle_fraction() >= IDLE_FRACTION:
            return True
        if time.monotonic() >= deadline:
            return False


def filesystem_of(path):
    """The type of the file system that holds `path`."""
    path = os.path.realpath(path)
    best = ("", "unknown")
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            _, mount_point, kind = line.split()[:3]
            inside = path == mount_point or path.startswith(mount_point.rstrip("/") + "/")
            if inside and len(mount_point) >= len(best[0]):
                best = (mount_point, kind)
    return best[1]


def describe(path):
    """What a reader needs to compare figures: cores, processor, kernel, file system of `path`."""
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": model,
        "kernel": platform.release(),
        "filesystem": filesystem_of(path),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
    }


def evict_from_page_cache(directory):
    """Drops the clean cached pages of all files below `directory`: reads then reach the disk."""
    for parent, _, names in os.walk(directory):
        for name in names:
            try:
                file = os.open(os.path.join(parent, name), os.O_RDONLY)
            except OSError:
                continue
            try:
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(file)


def directory_bytes(directory):
    """Disk space that the files below `directory` occupy."""
    total = 0
    for parent, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_blocks * 512
            except OSError:
                continue  # deleted meanwhile
    return total


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


def cpu_seconds(pid):
    """User and system time of all threads so far."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

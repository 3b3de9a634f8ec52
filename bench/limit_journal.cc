#include "bench/limit_journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace polylog::bench {

namespace {

constexpr uint64_t kGrowingFileBytes = uint64_t{4} << 30;
constexpr uint64_t kFixedFileBytes = uint64_t{1} << 30;
constexpr size_t kPrewriteBytes = size_t{1} << 20;
constexpr size_t kDirectWriteBytes = size_t{8} << 20;  // the largest single direct write
constexpr size_t kBlockBytes = 4096;                   // alignment and padding of direct writes

[[noreturn]] void give_up(const char* what) {
    fmt::print(stderr, "limit_server: {}: {}\n", what, std::strerror(errno));
    std::_Exit(1);
}

void write_fully(int file, const std::byte* data, size_t size, uint64_t position) {
    while (size > 0) {
        const ssize_t written = pwrite(file, data, size, static_cast<off_t>(position));
        if (written <= 0) give_up("write");
        data += written;
        size -= static_cast<size_t>(written);
        position += static_cast<uint64_t>(written);
    }
}

bool is_direct(FileLayout layout) {
    return layout == FileLayout::direct_recycled || layout == FileLayout::direct_fallocated;
}

// Writes every block once, so that later writes meet allocated, initialised extents. The page cache
// is then emptied of them for direct writers, which would otherwise pay for invalidating it on the
// first lap.
void prewrite(int file, bool keep_cached) {
    const std::vector<std::byte> zeros(kPrewriteBytes);
    for (uint64_t position = 0; position < kFixedFileBytes; position += kPrewriteBytes) {
        write_fully(file, zeros.data(), zeros.size(), position);
    }
    if (fsync(file) < 0) give_up("fsync");
    if (!keep_cached) posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
}

base::Result<int> open_file(const LimitJournal::Options& options) {
    const auto failed = [&](const char* what) {
        return base::fail(base::ErrorCode::io_failed,
                          fmt::format("{} {}: {}", what, options.path, std::strerror(errno)));
    };
    if (options.layout == FileLayout::none) return -1;
    const int file = open(options.path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return failed("create");
    if (options.layout == FileLayout::recycled) prewrite(file, true);
    if (options.layout == FileLayout::direct_recycled) prewrite(file, false);
    if (options.layout == FileLayout::direct_fallocated) {
        const int error = posix_fallocate(file, 0, static_cast<off_t>(kFixedFileBytes));
        errno = error;
        if (error != 0) return failed("allocate");
    }
    if (!is_direct(options.layout)) return file;
    close(file);
    const int direct = open(options.path.c_str(), O_WRONLY | O_DIRECT | O_DSYNC | O_CLOEXEC);
    if (direct < 0) return failed("open for direct writes");
    return direct;
}

}  // namespace

base::Result<std::unique_ptr<LimitJournal>> LimitJournal::open(const Options& options) {
    if (is_direct(options.layout) && !options.synced) {
        return base::fail(base::ErrorCode::unsupported, "direct layouts are always synced");
    }
    TRY(const int file, open_file(options));
    return std::unique_ptr<LimitJournal>(new LimitJournal(options, file));
}

LimitJournal::LimitJournal(const Options& options, int file) : options_(options), file_(file) {
    wakeup_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wakeup_ < 0) give_up("eventfd");
    if (options_.synced && options_.layout != FileLayout::none) {
        committer_ = std::thread([this] { commit_groups(); });
    }
}

LimitJournal::~LimitJournal() {
    if (committer_.joinable()) {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        work_.notify_one();
        committer_.join();
    }
    close(wakeup_);
    if (file_ >= 0) close(file_);
}

bool LimitJournal::direct() const {
    return is_direct(options_.layout);
}

void LimitJournal::append(std::vector<std::byte>& frames) {
    if (frames.empty()) return;
    appended_ += frames.size();
    if (options_.layout != FileLayout::none && !direct()) write_buffered(frames);
    if (committer_.joinable()) {
        {
            const std::lock_guard lock(mutex_);
            committable_ = appended_;
            if (direct()) {
                if (pending_.empty()) {
                    pending_.swap(frames);
                } else {
                    pending_.insert(pending_.end(), frames.begin(), frames.end());
                }
            }
        }
        work_.notify_one();
    }
    frames.clear();
}

uint64_t LimitJournal::acknowledgeable_bytes() const {
    return committer_.joinable() ? synced_.load(std::memory_order_acquire) : appended_;
}

void LimitJournal::clear_wakeup() const {
    uint64_t wakeups = 0;
    if (read(wakeup_, &wakeups, sizeof wakeups) < 0 && errno != EAGAIN)
        give_up("read of the eventfd");
}

void LimitJournal::write_buffered(const std::vector<std::byte>& frames) {
    const bool growing = options_.layout == FileLayout::growing;
    if (file_position_ + frames.size() > (growing ? kGrowingFileBytes : kFixedFileBytes)) {
        file_position_ = 0;
        if (growing && ftruncate(file_, 0) < 0) give_up("truncate");
    }
    write_fully(file_, frames.data(), frames.size(), file_position_);
    file_position_ += frames.size();
}

void LimitJournal::commit_groups() {
    std::vector<std::byte> group;
    std::unique_lock lock(mutex_);
    while (true) {
        work_.wait(lock, [&] {
            return stopping_ || committable_ > synced_.load(std::memory_order_relaxed);
        });
        if (stopping_) return;
        const uint64_t committed = committable_;
        group.swap(pending_);
        lock.unlock();
        if (direct()) {
            write_group(group);
            group.clear();
        } else if (fdatasync(file_) < 0) {
            give_up("fdatasync");
        }
        publish(committed);
        lock.lock();
    }
}

void LimitJournal::write_group(const std::vector<std::byte>& group) {
    static auto* const aligned = static_cast<std::byte*>(
        std::aligned_alloc(kBlockBytes, kDirectWriteBytes));
    for (size_t start = 0; start < group.size(); start += kDirectWriteBytes) {
        const size_t bytes = std::min(kDirectWriteBytes, group.size() - start);
        const size_t padded = (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
        std::memcpy(aligned, group.data() + start, bytes);
        std::memset(aligned + bytes, 0, padded - bytes);
        if (file_position_ + padded > kFixedFileBytes) file_position_ = 0;
        write_fully(file_, aligned, padded, file_position_);
        file_position_ += padded;
    }
}

void LimitJournal::publish(uint64_t synced_bytes) {
    synced_.store(synced_bytes, std::memory_order_release);
    const uint64_t one = 1;
    if (write(wakeup_, &one, sizeof one) < 0) give_up("write to the eventfd");
}

}  // namespace polylog::bench

#include "base/background_line_writer.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <poll.h>
#include <unistd.h>

namespace polylog::base {

namespace {

// How often a writer that waits for its reader looks whether it is being closed.
constexpr Duration kPollInterval = 20ms;

}  // namespace

BackgroundLineWriter::BackgroundLineWriter(int fd, Duration patience)
    : fd_(fd), patience_(patience), thread_([this] { run(); }) {}

BackgroundLineWriter::~BackgroundLineWriter() {
    set(closing_, true);
    thread_.join();
}

bool BackgroundLineWriter::write(std::string_view line) {
    {
        const std::scoped_lock lock(mutex_);
        if (line.size() > kMaxPendingBytes - pending_.size()) return false;
        pending_.append(line);
    }
    changed_.notify_all();
    return true;
}

void BackgroundLineWriter::run_between_lines(const std::function<void()>& other,
                                             Duration patience) {
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, [this] { return pending_.empty() && !writing_; });
        held_ = true;
    }
    other();
    set(held_, false);
}

void BackgroundLineWriter::set(bool& flag, bool value) {
    {
        const std::scoped_lock lock(mutex_);
        flag = value;
    }
    changed_.notify_all();
}

void BackgroundLineWriter::run() {
    std::string lines;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return !held_ && (closing_ || !pending_.empty()); });
            if (pending_.empty()) return;
            lines.swap(pending_);
            writing_ = true;
        }
        write_out(lines);
        lines.clear();
        set(writing_, false);
    }
}

void BackgroundLineWriter::write_out(std::string_view lines) {
    while (!lines.empty()) {
        pollfd poll_fd{.fd = fd_, .events = POLLOUT, .revents = 0};
        const int ready = ::poll(&poll_fd, 1, static_cast<int>(to_ms(kPollInterval)));
        if (ready == 0 && is_closing()) {
            if (patience_ <= Duration::zero()) return;
            patience_ -= kPollInterval;
        }
        if (ready <= 0) continue;
        // A pipe that is writable takes PIPE_BUF bytes without blocking.
        const size_t size = std::min<size_t>(lines.size(), PIPE_BUF);
        const ssize_t written = ::write(fd_, lines.data(), size);
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (written <= 0) return;  // the reader is gone or the disk is full: nobody will read it
        lines.remove_prefix(static_cast<size_t>(written));
    }
}

bool BackgroundLineWriter::is_closing() {
    const std::scoped_lock lock(mutex_);
    return closing_;
}

}  // namespace polylog::base

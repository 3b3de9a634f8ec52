#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/time.h"

namespace polylog::base {

// Writes log lines to a file descriptor from a thread of its own, so that a slow terminal, pipe or
// disk never stalls a shard. Bounded: when kMaxPendingBytes wait, further lines are refused; lines
// whose reader is gone, or for which the disk has no room, are lost. The process ignores SIGPIPE.
class BackgroundLineWriter {
public:
    static constexpr size_t kMaxPendingBytes = size_t{1} << 20;  // some 5,000 lines

    // `fd` stays the caller's, and open until this object is gone. `patience` is how long the
    // destructor waits for a reader that does not read before it gives up what is left.
    explicit BackgroundLineWriter(int fd, Duration patience = 1s);
    ~BackgroundLineWriter();
    BackgroundLineWriter(const BackgroundLineWriter&) = delete;
    BackgroundLineWriter& operator=(const BackgroundLineWriter&) = delete;

    // False when the line was refused. Any thread; never waits for the file descriptor.
    bool write(std::string_view line);
    // Runs `other` when what was written before is out, and lets no line out until it has run, so
    // that what it prints to the same terminal stays in one piece. Waits for a reader that does not
    // read no longer than `patience`. Not from two threads at once.
    void run_between_lines(const std::function<void()>& other, Duration patience = 1s);

private:
    void run();
    void write_out(std::string_view lines);
    bool is_closing();
    // One of the flags below, and tells everyone who waits for it.
    void set(bool& flag, bool value);

    const int fd_;
    Duration patience_;  // the thread's own once it runs
    std::mutex mutex_;   // guards the next five
    std::condition_variable changed_;
    std::string pending_;
    bool closing_ = false;
    bool writing_ = false;  // the thread has taken lines that are not out yet
    bool held_ = false;     // no further lines are taken
    std::thread thread_;
};

}  // namespace polylog::base

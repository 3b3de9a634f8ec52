#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

// The limit server's file: the least work that makes appended bytes durable, in each of the ways
// that a log can be laid out on disk. docs/benchmarks.md says what each way costs.
namespace polylog::bench {

enum class FileLayout : int {
    growing = 0,          // buffered writes that extend a file, restarted at 4 GiB
    recycled = 1,         // buffered writes over a file that was written before, wrapping at 1 GiB
    direct_recycled = 2,  // O_DIRECT|O_DSYNC over such a file
    direct_fallocated = 3,  // O_DIRECT|O_DSYNC into a file that was allocated, never written
    none = 4,               // nothing is written: the limit of receiving, checking and answering
};

// Append from one thread, group commit on another. A group is everything that was appended while
// the previous group was being written: no timer, one write in flight. A failed write ends the
// process, as there is nothing left to measure.
class LimitJournal {
public:
    struct Options {
        std::string path;  // created, or overwritten
        FileLayout layout = FileLayout::growing;
        bool synced = true;  // direct layouts always are
    };

    // Prepares the file; writing the recycled one takes about a second.
    // Errors: io_failed, unsupported (an unsynced direct layout).
    static base::Result<std::unique_ptr<LimitJournal>> open(const Options& options);
    LimitJournal(const LimitJournal&) = delete;
    LimitJournal& operator=(const LimitJournal&) = delete;
    ~LimitJournal();

    // Takes one loop turn's frames and leaves `frames` empty, with memory to fill again.
    void append(std::vector<std::byte>& frames);
    uint64_t appended_bytes() const { return appended_; }
    // Everything appended before this position may be acknowledged.
    uint64_t acknowledgeable_bytes() const;
    // Becomes readable when acknowledgeable_bytes() has moved behind the loop's back.
    int wakeup_descriptor() const { return wakeup_; }
    void clear_wakeup() const;

private:
    LimitJournal(const Options& options, int file);
    bool direct() const;
    void write_buffered(const std::vector<std::byte>& frames);
    void commit_groups();
    void write_group(const std::vector<std::byte>& group);
    void publish(uint64_t synced_bytes);

    const Options options_;
    const int file_;
    int wakeup_ = -1;
    uint64_t appended_ = 0;       // loop thread only
    uint64_t file_position_ = 0;  // of the thread that writes
    std::atomic<uint64_t> synced_{0};

    std::mutex mutex_;
    std::condition_variable work_;
    uint64_t committable_ = 0;        // guarded by mutex_
    std::vector<std::byte> pending_;  // guarded by mutex_; direct layouts only
    bool stopping_ = false;           // guarded by mutex_
    std::thread committer_;
};

}  // namespace polylog::bench

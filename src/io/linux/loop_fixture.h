#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "io/linux/shard.h"

// For this room's tests only.
namespace polylog::io {

// The value of a result that has to be there for the test to go on.
template <class T>
T must(base::Result<T> result) {
    if (!result) {
        ADD_FAILURE() << result.error().message();
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline Task<void> run_then_stop(LinuxShard& shard, Task<void> task) {
    co_await std::move(task);
    shard.stop();
}

// Turns the shard's loop on this thread until the task is done.
inline void run(LinuxShard& shard, Task<void> task) {
    shard.post([&shard, task = std::move(task)]() mutable {
        shard.scope().spawn(run_then_stop(shard, std::move(task)));
    });
    shard.run();
}

// Ends the process instead of hanging when a loop waits for something that never comes.
class Watchdog {
public:
    Watchdog() { ::alarm(60); }
    ~Watchdog() { ::alarm(0); }
};

class TemporaryDirectory {
public:
    explicit TemporaryDirectory(std::string parent = ::testing::TempDir()) {
        path_ = parent + "/polylog-XXXXXX";
        if (!::mkdtemp(path_.data())) std::abort();
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// A shard over an empty data directory.
class Loop {
public:
    explicit Loop(DiskEngineChoice disk_engine = DiskEngineChoice::threads,
                  std::string parent = ::testing::TempDir())
        : directory_(std::move(parent)),
          shard_(must(LinuxShard::create(ShardId{0}, must(DataDirectory::open(directory_.path())),
                                         disk_engine))) {}

    LinuxShard& shard() { return *shard_; }
    Disk& disk() { return shard_->env().disk; }
    Network& network() { return shard_->env().network; }
    const std::string& path() const { return directory_.path(); }
    void run(Task<void> task) { io::run(*shard_, std::move(task)); }

private:
    Watchdog watchdog_;
    TemporaryDirectory directory_;
    std::unique_ptr<LinuxShard> shard_;
};

}  // namespace polylog::io

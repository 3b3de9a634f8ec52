#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "io/linux/shard.h"

namespace polylog::io {

// The shards of one broker process, each on a thread of its own, over one locked data directory.
class LinuxShards {
public:
    struct Options {
        uint32_t count = 1;
        bool pin_threads = false;  // each to one of the processors this process may use
        std::string data_directory = {};
        DiskEngineChoice disk_engine = DiskEngineChoice::automatic;
        // Called on shard 0 with SIGTERM, SIGINT, SIGHUP or SIGUSR1 when one arrives. Without it
        // the signals keep their usual effect. At most one group of a process may take signals.
        std::function<void(int signal_number)> on_signal = {};
    };

    // Locks the directory and starts the loops. After an error a new directory is gone again.
    static base::Result<std::unique_ptr<LinuxShards>> start(Options options);
    // Stops the loops and joins them, destroys the tasks that are left, then the shards, all on the
    // calling thread.
    ~LinuxShards();

    size_t size() const { return shards_.size(); }
    LinuxShard& operator[](size_t index) { return *shards_[index]; }

    // Ends each loop after the work posted to it before. Any thread.
    void stop();
    // Returns when every loop has ended. Not from a shard; one thread.
    void join();
    // Destroys the tasks of all shards and the work posted but not run, after join() and before
    // what lives on the shards is destroyed: the frames of unfinished tasks hold locks, watches and
    // references into it, while it only ever posts to tasks, and what is posted from now on is
    // dropped. The simulator ends a node in the same order.
    void close();
    // Takes back the directory when these shards were the first to use it, after close().
    void discard_new_directory();

private:
    class SignalHandler;

    LinuxShards();
    base::Result<void> start_on_directory(Options options);
    base::Result<void> create_shards(const Options& options);
    base::Result<void> start_threads(bool pin);

    std::shared_ptr<const DataDirectory> directory_;
    std::vector<std::unique_ptr<LinuxShard>> shards_;
    std::unique_ptr<SignalHandler> signals_;  // on the loop of shard 0
    std::vector<std::thread> threads_;
};

}  // namespace polylog::io

#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "io/linux/data_directory.h"
#include "io/shard.h"

namespace polylog::io {

class BlockingPool;
class DiskEngine;
class Reactor;
class WakeDescriptor;

// What reads and writes files.
enum class DiskEngineChoice {
    automatic,  // io_uring where the kernel allows it, else threads
    io_uring,
    threads,
};

// A shard on one thread: an event loop on epoll for sockets and timers, an io_uring ring (or
// threads) for files. Sleeps in the kernel whenever there is nothing to do; has no periodic work of
// its own.
//
// One turn of the loop: handle what the kernel reports, run posted work, fire due timers, resume
// the coroutines that were woken (and those they wake), run the end-of-turn work, hand the turn's
// disk operations to the kernel with one call.
class LinuxShard final : public Shard {
public:
    // io_failed when the process is out of descriptors, or for io_uring when that is not to be had.
    static base::Result<std::unique_ptr<LinuxShard>> create(
        ShardId id, std::shared_ptr<const DataDirectory> directory, DiskEngineChoice disk_engine);
    // Destroys the tasks, then waits for the disk operations in flight. Files, streams and
    // listeners that are not owned by the tasks must be gone before; the loop must not be running.
    ~LinuxShard() override;

    Env& env() override;
    // While the loop runs, costs a lock of the mailbox; wakes the loop only if it sleeps.
    void post(Work work) override;
    void at_end_of_turn(Work work) override { end_of_turn_.push_back(std::move(work)); }

    // Runs the loop on the calling thread until stop().
    void run();
    // Ends run() after the work posted before it. Any thread.
    void stop();
    // For when no shard of the group runs any more: destroys the tasks and what was posted but not
    // run; work posted from now on is dropped.
    void close();

    DiskEngineChoice disk_engine() const { return disk_engine_; }  // never automatic
    Reactor& reactor() { return *reactor_; }

protected:
    void ready_changed() override {}   // the loop looks at the ready list before it sleeps,
    void timers_changed() override {}  // and at the timers
private:
    // Coroutines that wake each other get this many rounds before the turn ends and sockets are
    // looked at again: enough for a request to pass through every layer in the turn that brought
    // it.
    static constexpr int kRoundsPerTurn = 16;

    struct Parts;

    explicit LinuxShard(ShardId id, std::shared_ptr<const DataDirectory> directory);
    base::Result<void> start_disk(DiskEngineChoice choice);
    void turn();
    bool may_sleep();
    void set_alarm();
    void run_posted();
    void run_end_of_turn();

    const std::shared_ptr<const DataDirectory> directory_;
    std::mutex mailbox_mutex_;  // guards mailbox_, asleep_ and closed_
    std::vector<Work> mailbox_;
    bool asleep_ = false;
    bool closed_ = false;

    // The shard's thread only.
    bool stopping_ = false;
    std::vector<Work> posted_;  // what the current turn took from the mailbox
    std::vector<Work> end_of_turn_;
    std::vector<Work> ending_;  // what the current turn took from end_of_turn_
    base::MonoTime alarm_at_ = base::kNever;
    DiskEngineChoice disk_engine_ = DiskEngineChoice::threads;
    std::unique_ptr<Reactor> reactor_;
    std::unique_ptr<WakeDescriptor> alarm_;  // a timerfd set for the earliest timer
    std::unique_ptr<Parts> parts_;
};

}  // namespace polylog::io

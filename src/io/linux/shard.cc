#include "io/linux/shard.h"

#include <sys/timerfd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <optional>

#include "base/check.h"
#include "io/linux/blocking_pool.h"
#include "io/linux/clock.h"
#include "io/linux/disk.h"
#include "io/linux/network.h"
#include "io/linux/random.h"
#include "io/linux/reactor.h"
#include "io/linux/system_error.h"
#include "io/linux/thread_engine.h"
#include "io/linux/uring_engine.h"

namespace polylog::io {

namespace {

// Enough to keep a disk busy where files are read and written by threads.
constexpr size_t kBlockingThreadsMax = 8;
constexpr size_t kLookupThreadsMax = 2;

}  // namespace

// In the order in which each depends on those before it.
struct LinuxShard::Parts {
    explicit Parts(LinuxShard& shard)
        : blocking(shard, kBlockingThreadsMax),
          lookups(shard, kLookupThreadsMax),
          network(*shard.reactor_, lookups) {}

    LinuxClock clock;
    LinuxRandom random;
    BlockingPool blocking;
    BlockingPool lookups;
    std::unique_ptr<DiskEngine> disk_engine;
    std::optional<LinuxDisk> disk;
    LinuxNetwork network;
    std::optional<Env> env;
};

LinuxShard::LinuxShard(ShardId id, std::shared_ptr<const DataDirectory> directory)
    : Shard(id),
      directory_(std::move(directory)),
      reactor_(std::make_unique<Reactor>()),
      parts_(std::make_unique<Parts>(*this)) {}

base::Result<std::unique_ptr<LinuxShard>> LinuxShard::create(
    ShardId id, std::shared_ptr<const DataDirectory> directory, DiskEngineChoice disk_engine) {
    try {
        std::unique_ptr<LinuxShard> shard(new LinuxShard(id, std::move(directory)));
        TRY_VOID(shard->start_disk(disk_engine));
        FileDescriptor alarm(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
        if (!alarm) return system_failure(errno, "create", "timerfd");
        shard->alarm_ = std::make_unique<WakeDescriptor>(*shard->reactor_, std::move(alarm));
        return shard;
    } catch (const boost::system::system_error& error) {
        return system_failure(error.code().value(), "create", "event loop");
    }
}

LinuxShard::~LinuxShard() {
    close();
    if (parts_->disk_engine) parts_->disk_engine->drain();
    parts_.reset();  // while post(), which the parts' threads answer through, still works
}

base::Result<void> LinuxShard::start_disk(DiskEngineChoice choice) {
    Parts& parts = *parts_;
    if (choice != DiskEngineChoice::threads) {
        auto engine = UringEngine::create(*reactor_, parts.blocking);
        if (engine) {
            parts.disk_engine = std::move(*engine);
            disk_engine_ = DiskEngineChoice::io_uring;
        } else if (choice == DiskEngineChoice::io_uring) {
            return base::fail(std::move(engine).error());
        }
    }
    if (!parts.disk_engine) parts.disk_engine = std::make_unique<ThreadEngine>(parts.blocking);
    parts.disk.emplace(*directory_, *parts.disk_engine, parts.blocking);
    parts.env.emplace(Env{parts.clock, parts.random, *parts.disk, parts.network});
    return {};
}

Env& LinuxShard::env() {
    return *parts_->env;
}

void LinuxShard::post(Work work) {
    std::unique_lock lock(mailbox_mutex_);
    if (closed_) {
        lock.unlock();  // what `work` owns may post again while it is destroyed
        return;
    }
    mailbox_.push_back(std::move(work));
    const bool wake = std::exchange(asleep_, false);
    lock.unlock();
    if (wake) reactor_->interrupt();
}

void LinuxShard::run() {
    Enter enter(*this);
    stopping_ = false;
    while (!stopping_) turn();
}

void LinuxShard::stop() {
    post([this] { stopping_ = true; });
}

void LinuxShard::close() {
    Enter enter(*this);
    destroy_tasks();
    std::vector<Work> dropped;
    {
        std::lock_guard lock(mailbox_mutex_);
        closed_ = true;
        dropped.swap(mailbox_);
    }
    dropped.clear();
    end_of_turn_.clear();
}

void LinuxShard::turn() {
    DiskEngine& disk_engine = *parts_->disk_engine;
    disk_engine.submit();
    set_alarm();
    reactor_->poll(may_sleep());
    disk_engine.reap();
    run_posted();
    if (!timers().empty()) timers().fire_due(now());
    for (int round = 0; has_ready() && round < kRoundsPerTurn; ++round) run_ready();
    run_end_of_turn();
}

bool LinuxShard::may_sleep() {
    if (has_ready() || !end_of_turn_.empty() || !parts_->disk_engine->quiet()) return false;
    std::lock_guard lock(mailbox_mutex_);
    asleep_ = mailbox_.empty();
    return asleep_;
}

void LinuxShard::set_alarm() {
    // An alarm that comes too early does no harm, so it is only ever brought forward: most timers
    // are disarmed long before they are due, and following each of them would cost a system call.
    const base::MonoTime next = timers().next_deadline();
    if (alarm_at_ != base::kNever && alarm_at_ <= now()) alarm_at_ = base::kNever;
    if (next >= alarm_at_) return;
    alarm_at_ = next;
    // Zero would switch it off.
    const int64_t ns = std::max<int64_t>(next.time_since_epoch().count(), 1);
    itimerspec when{};
    when.it_value.tv_sec = ns / 1'000'000'000;
    when.it_value.tv_nsec = ns % 1'000'000'000;
    CHECK(::timerfd_settime(alarm_->fd(), TFD_TIMER_ABSTIME, &when, nullptr) == 0);
}

void LinuxShard::run_posted() {
    {
        std::lock_guard lock(mailbox_mutex_);
        asleep_ = false;
        posted_.swap(mailbox_);
    }
    for (Work& work : posted_) work();
    posted_.clear();
}

void LinuxShard::run_end_of_turn() {
    // Work that asks for another end of turn gets the next one.
    ending_.swap(end_of_turn_);
    for (Work& work : ending_) work();
    ending_.clear();
}

}  // namespace polylog::io

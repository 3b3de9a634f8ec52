#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/shard.h"
#include "io/signal.h"
#include "io/sim/file_system.h"
#include "io/sim/scheduler.h"

namespace polylog::sim {

// What a disk can be asked, to choose faults by.
enum class DiskOperation : uint8_t {
    open,
    read,
    write,
    sync,
    truncate,
    allocate,
    rename,
    remove,
    create_directories,
    sync_directory,
    query,
};
// How many there are.
constexpr size_t kDiskOperations = 11;

// How long operations take, and how often they go wrong.
struct DiskSettings {
    Latency read{.floor = std::chrono::microseconds(20),
                 .spread = std::chrono::microseconds(80),
                 .spike_probability = 0.001,
                 .spike = std::chrono::milliseconds(20)};
    Latency write{.floor = std::chrono::microseconds(10),
                  .spread = std::chrono::microseconds(40),
                  .spike_probability = 0.001,
                  .spike = std::chrono::milliseconds(50)};
    // Also the price of durability of a data_sync write.
    Latency sync{.floor = std::chrono::microseconds(100),
                 .spread = std::chrono::microseconds(900),
                 .spike_probability = 0.005,
                 .spike = std::chrono::milliseconds(200)};
    Latency names{.floor = std::chrono::microseconds(5), .spread = std::chrono::microseconds(50)};
    uint64_t bytes_per_second = 1'000'000'000;
    uint64_t capacity_bytes = uint64_t{1} << 40;

    // Probabilities that an operation ends that way.
    double read_error = 0;
    double stale_read = 0;
    double write_error = 0;
    double short_write = 0;
    double lost_write = 0;
    double misdirected_write = 0;
    double sync_error = 0;
    double out_of_descriptors = 0;  // of opening a file, and of syncing a directory
};

// A fault at an exact place: the operation of that kind, on a file whose path contains `path`,
// after `skip` of them have gone well; and every one from there on if `forever`.
struct ScriptedFault {
    DiskOperation operation = DiskOperation::write;
    Outcome outcome = Outcome::error;
    uint64_t skip = 0;
    bool forever = false;
    std::string path{};
};

// Where a program can be stopped: between operations that change what is stored.
enum class Boundary : uint8_t {
    before,  // the operation is under way: if the node crashes here, any part of it may be kept
    after,   // it has taken effect, but the program has not been told
};

// The disk of one node: a FileSystem behind a queue of operations that take time, overlap, complete
// in any order and sometimes fail. Outlives the programs on the node. An operation takes effect in
// one instant, when it completes. Used through DiskMount by the program, directly by the test.
class SimDisk {
public:
    struct Request {
        DiskOperation operation;
        std::string path{};      // for scripted faults
        uint64_t bytes = 0;      // moved, for its duration
        bool data_sync = false;  // takes the time of a sync on top
    };
    // Called once, with how the operation ends; not at all if its program died before it began.
    using Effect = std::move_only_function<base::Result<void>(Outcome)>;
    using Done = io::Completion<base::Result<void>>;

    SimDisk(Scheduler& scheduler, RandomStream stream, NodeId node, DiskSettings settings);
    SimDisk(const SimDisk&) = delete;
    SimDisk& operator=(const SimDisk&) = delete;

    FileSystem& files() { return files_; }
    // May be changed at any time, but for the capacity: see FileSystem::set_capacity.
    DiskSettings& settings() { return settings_; }
    void inject(ScriptedFault fault) { scripted_.push_back(std::move(fault)); }
    // Withdraws scripted faults, those for ever too.
    void clear_injected() { scripted_.clear(); }
    uint64_t completed(DiskOperation operation) const;
    // Operations completed that change what is stored: the boundaries at which a crash can matter.
    uint64_t boundaries_passed() const { return boundaries_passed_; }
    // Calls `hook` once at the k-th boundary from now (k >= 1). The hook may crash the node.
    void at_boundary(uint64_t k, Boundary side, io::Work hook);
    // 1.0 is normal; applies to operations that start from now on.
    void set_slowness(double factor) { slowness_ = factor; }

    std::shared_ptr<Done> submit(Request request, Effect effect);
    // The program is gone; operations under way may still take effect, whole or in part.
    void crash(Crash kind);
    // Counts crashes: a file opened before one must not be touched after it.
    uint64_t crashes() const { return crashes_; }

private:
    struct Pending {
        Request request;
        Effect effect;
        std::shared_ptr<Done> done;
    };
    base::Duration duration_of(const Request& request);
    void complete(uint64_t id);
    bool stopped_at(Boundary side);
    Outcome choose_outcome(const Request& request);

    Scheduler& scheduler_;
    RandomStream stream_;
    NodeId node_;
    DiskSettings settings_;
    FileSystem files_;
    double slowness_ = 1;
    uint64_t crashes_ = 0;
    uint64_t next_id_ = 0;
    std::map<uint64_t, Pending> pending_;
    std::vector<ScriptedFault> scripted_;
    std::array<uint64_t, kDiskOperations> completed_{};
    uint64_t boundaries_passed_ = 0;
    uint64_t hook_boundary_ = 0;  // 0: no hook
    Boundary hook_side_ = Boundary::before;
    io::Work hook_;
};

}  // namespace polylog::sim

#include "io/sim/sim_disk.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace polylog::sim {

using base::Duration;
using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

bool changes_storage(DiskOperation operation) {
    switch (operation) {
    case DiskOperation::read:
    case DiskOperation::query: return false;
    case DiskOperation::open:
    case DiskOperation::write:
    case DiskOperation::sync:
    case DiskOperation::truncate:
    case DiskOperation::allocate:
    case DiskOperation::rename:
    case DiskOperation::remove:
    case DiskOperation::create_directories:
    case DiskOperation::sync_directory: return true;
    }
    CHECK(false);
}

}  // namespace

SimDisk::SimDisk(Scheduler& scheduler, RandomStream stream, NodeId node, DiskSettings settings)
    : scheduler_(scheduler),
      stream_(stream),
      node_(node),
      settings_(settings),
      files_(stream.split("file system"), settings.capacity_bytes) {}

uint64_t SimDisk::completed(DiskOperation operation) const {
    return completed_[static_cast<size_t>(operation)];
}

void SimDisk::at_boundary(uint64_t k, Boundary side, io::Work hook) {
    CHECK(k > 0);
    hook_boundary_ = boundaries_passed_ + k;
    hook_side_ = side;
    hook_ = std::move(hook);
}

std::shared_ptr<SimDisk::Done> SimDisk::submit(Request request, Effect effect) {
    const uint64_t id = next_id_++;
    const Instant when = scheduler_.now() + duration_of(request);
    auto done = std::make_shared<Done>();
    pending_.emplace(id, Pending{std::move(request), std::move(effect), done});
    scheduler_.at(when, {node_, EventKind::disk, id}, [this, id] { complete(id); });
    return done;
}

Duration SimDisk::duration_of(const Request& request) {
    Duration duration{};
    switch (request.operation) {
    case DiskOperation::read: duration = settings_.read.draw(stream_); break;
    case DiskOperation::write: duration = settings_.write.draw(stream_); break;
    case DiskOperation::sync:
    case DiskOperation::sync_directory: duration = settings_.sync.draw(stream_); break;
    default: duration = settings_.names.draw(stream_);
    }
    if (request.data_sync) duration += settings_.sync.draw(stream_);
    constexpr uint64_t kNanosPerSecond = 1'000'000'000;
    duration += Duration(request.bytes * kNanosPerSecond / settings_.bytes_per_second);
    return Duration(static_cast<int64_t>(static_cast<double>(duration.count()) * slowness_));
}

void SimDisk::complete(uint64_t id) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;  // its program has died
    const bool is_boundary = changes_storage(found->second.request.operation);
    if (is_boundary && stopped_at(Boundary::before)) return;

    const Outcome outcome = choose_outcome(found->second.request);
    Result<void> result = found->second.effect(outcome);
    ++completed_[static_cast<size_t>(found->second.request.operation)];
    scheduler_.note(static_cast<uint64_t>(outcome) << 8 ^
                    static_cast<uint64_t>(result.has_value()));
    const std::shared_ptr<Done> done = std::move(found->second.done);
    pending_.erase(found);

    const bool stopped = is_boundary && stopped_at(Boundary::after);
    boundaries_passed_ += is_boundary;
    if (!stopped) done->complete(std::move(result));
}

// Runs the hook if this is its place; true when the node crashed in it.
bool SimDisk::stopped_at(Boundary side) {
    if (hook_side_ != side || hook_boundary_ != boundaries_passed_ + 1) return false;
    hook_boundary_ = 0;
    const uint64_t crashes_before = crashes_;
    std::exchange(hook_, {})();
    return crashes_ != crashes_before;
}

Outcome SimDisk::choose_outcome(const Request& request) {
    for (auto fault = scripted_.begin(); fault != scripted_.end(); ++fault) {
        if (fault->operation != request.operation || !request.path.contains(fault->path)) continue;
        if (fault->skip > 0) {
            --fault->skip;
            continue;
        }
        const Outcome outcome = fault->outcome;
        if (!fault->forever) scripted_.erase(fault);
        return outcome;
    }
    switch (request.operation) {
    case DiskOperation::read:
        if (stream_.chance(settings_.read_error)) return Outcome::error;
        if (stream_.chance(settings_.stale_read)) return Outcome::stale;
        break;
    case DiskOperation::write:
        if (stream_.chance(settings_.write_error)) return Outcome::error;
        if (stream_.chance(settings_.short_write)) return Outcome::short_write;
        if (stream_.chance(settings_.lost_write)) return Outcome::lost;
        if (stream_.chance(settings_.misdirected_write)) return Outcome::misdirected;
        break;
    case DiskOperation::sync:
        if (stream_.chance(settings_.sync_error)) return Outcome::error;
        break;
    case DiskOperation::open:
    case DiskOperation::sync_directory:
        if (settings_.out_of_descriptors > 0 && stream_.chance(settings_.out_of_descriptors)) {
            return Outcome::refused;
        }
        break;
    default: break;
    }
    return Outcome::success;
}

void SimDisk::crash(Crash kind) {
    ++crashes_;
    auto interrupted = std::exchange(pending_, {});
    for (auto& [id, pending] : interrupted) {
        // How it ended, nobody is left to learn.
        const bool began = changes_storage(pending.request.operation) && stream_.chance(0.5);
        if (began) pending.effect(Outcome::interrupted);
    }
    files_.crash(kind);
}

}  // namespace polylog::sim

#include "io/sim/scheduler.h"

#include <algorithm>

#include "base/check.h"

namespace polylog::sim {

std::string_view to_string(EventKind kind) {
    switch (kind) {
    case EventKind::script: return "script";
    case EventKind::turn: return "turn";
    case EventKind::timer: return "timer";
    case EventKind::disk: return "disk";
    case EventKind::network: return "network";
    }
    CHECK(false);
}

void Scheduler::at(Instant when, EventLabel label, io::Work work) {
    uint32_t slot;
    if (free_slots_.empty()) {
        slot = static_cast<uint32_t>(events_.size());
        events_.push_back({label, std::move(work)});
    } else {
        slot = free_slots_.back();
        free_slots_.pop_back();
        events_[slot] = {label, std::move(work)};
    }
    heap_.push_back({std::max(when, now_), tiebreaks_.next(), slot});
    std::push_heap(heap_.begin(), heap_.end(), later);
}

bool Scheduler::run_next(Instant limit) {
    if (heap_.empty() || heap_.front().when > limit) return false;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Entry entry = heap_.back();
    heap_.pop_back();
    const EventLabel label = events_[entry.slot].label;
    io::Work work = std::move(events_[entry.slot].work);
    free_slots_.push_back(entry.slot);

    now_ = entry.when;
    ++events_run_;
    note(static_cast<uint64_t>(now_.time_since_epoch().count()));
    note(uint64_t{label.node.value} << 40 ^ static_cast<uint64_t>(label.kind) << 32 ^ label.id);
    if (trace_) trace_(now_, label);
    work();
    return true;
}

void Scheduler::advance_to(Instant when) {
    CHECK(heap_.empty() || heap_.front().when >= when);
    now_ = std::max(now_, when);
}

void Scheduler::clear() {
    // Destroying work may schedule more; the queue is emptied until nothing is left.
    while (!heap_.empty()) {
        heap_.clear();
        free_slots_.clear();
        const auto dropped = std::exchange(events_, {});
    }
}

}  // namespace polylog::sim

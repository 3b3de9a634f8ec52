#include "log/tail_cache.h"

#include <algorithm>

#include "log/stored_log.h"

namespace polylog::log {

using base::Buffer;

SlabNumber TailCache::enter(StoredLog& log, Source source, const Buffer& buffer) {
    Current& current = current_[static_cast<size_t>(source)];
    // A slab may leave while it is still being filled; then it counts as another one.
    if (current.slab.data() != buffer.data() || current.number < first_number()) {
        current = {.slab = buffer, .number = {next_number_}};
        ++next_number_;
        slabs_.push_back({.size_bytes = buffer.size(), .logs = {}});
        bytes_ += buffer.size();
    }
    const Tail& tail = log.state().tail;
    const bool already_in = tail.size() > 0 && tail[tail.size() - 1].slab == current.number;
    if (!already_in) slab(current.number).logs.push_back(&log);
    flushed_before_ = std::min(flushed_before_, current.number);
    return current.number;
}

void TailCache::forget(const StoredLog& log) {
    for (size_t i = 0; i < slabs_.size(); ++i) std::erase(slabs_[i].logs, &log);
}

void TailCache::evict() {
    while (over_limit() && !slabs_.empty()) {
        Slab& oldest = slabs_.front();
        const SlabNumber number = first_number();
        std::erase_if(oldest.logs, [number](StoredLog* log) { return log->state().evict(number); });
        if (!oldest.logs.empty()) return;
        bytes_ -= oldest.size_bytes;
        slabs_.pop_front();
    }
}

const std::vector<StoredLog*>& TailCache::oldest_unflushed() {
    unflushed_.clear();
    flushed_before_ = std::max(flushed_before_, first_number());
    for (; flushed_before_.value < next_number_; ++flushed_before_.value) {
        for (StoredLog* log : slab(flushed_before_).logs) {
            const auto oldest = log->state().oldest_unflushed();
            if (oldest && *oldest <= flushed_before_) unflushed_.push_back(log);
        }
        if (!unflushed_.empty()) break;
    }
    return unflushed_;
}

}  // namespace polylog::log

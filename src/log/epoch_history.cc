#include "log/epoch_history.h"

#include <algorithm>

namespace polylog::log {

using model::LeaderEpoch;
using model::Offset;

void EpochHistory::begin(LeaderEpoch epoch, Offset start) {
    if (!entries_.empty() && epoch <= entries_.back().epoch) return;
    // An epoch that begins where an earlier one did leaves the earlier one without a record.
    while (!entries_.empty() && entries_.back().start >= start) entries_.pop_back();
    entries_.push_back({.epoch = epoch, .start = start});
}

std::optional<LeaderEpoch> EpochHistory::latest() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.back().epoch;
}

EpochHistory::EpochEnd EpochHistory::end_of(LeaderEpoch epoch, Offset log_end) const {
    const auto after = std::ranges::upper_bound(entries_, epoch, {}, &Entry::epoch);
    if (after == entries_.begin()) return {.epoch = model::kNoLeaderEpoch, .end = {-1}};
    return {.epoch = std::prev(after)->epoch,
            .end = after == entries_.end() ? log_end : after->start};
}

std::optional<LeaderEpoch> EpochHistory::epoch_at(Offset offset) const {
    const auto after = std::ranges::upper_bound(entries_, offset, {}, &Entry::start);
    if (after == entries_.begin()) return std::nullopt;
    return std::prev(after)->epoch;
}

void EpochHistory::truncate(Offset end) {
    while (!entries_.empty() && entries_.back().start >= end) entries_.pop_back();
}

void EpochHistory::trim(Offset start) {
    const auto after = std::ranges::upper_bound(entries_, start, {}, &Entry::start);
    if (after == entries_.begin()) return;
    const auto covering = entries_.erase(entries_.begin(), std::prev(after));
    covering->start = start;
}

}  // namespace polylog::log

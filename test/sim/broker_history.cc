#include "test/sim/broker_history.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace polylog::sim {

namespace {

std::string to_string(Mark mark) {
    return fmt::format("{}:{}", mark.writer, mark.number);
}

}  // namespace

std::string Mark::to_value(size_t size_bytes) const {
    return fmt::format("{:.<{}}", fmt::format("{}:{}", writer, number), size_bytes);
}

std::optional<Mark> Mark::from_value(std::string_view value) {
    Mark mark;
    const char* const end = value.data() + value.size();
    const auto writer = std::from_chars(value.data(), end, mark.writer);
    if (writer.ec != std::errc() || writer.ptr == end || *writer.ptr != ':') return std::nullopt;
    const auto number = std::from_chars(writer.ptr + 1, end, mark.number);
    if (number.ec != std::errc()) return std::nullopt;
    return mark;
}

Complaint PartitionHistory::acknowledged(Mark mark, int64_t offset) {
    sent_[mark] = true;
    return offset == kUnknown ? std::nullopt : learn(offset, mark, -1);
}

Complaint PartitionHistory::read(int64_t wanted, int64_t offset, int32_t leader_epoch,
                                 std::string_view value) {
    if (offset != wanted) return fmt::format("offset {} was read instead of {}", offset, wanted);
    const auto mark = Mark::from_value(value);
    if (!mark || !sent_.contains(*mark)) {
        return fmt::format("offset {} holds '{}', which nobody sent", offset, value.substr(0, 30));
    }
    return learn(offset, *mark, leader_epoch);
}

Complaint PartitionHistory::learn(int64_t offset, Mark mark, int32_t leader_epoch) {
    const auto [stored, is_new] = by_offset_.try_emplace(offset, Stored{mark, leader_epoch});
    if (stored->second.mark != mark) {
        return fmt::format("offset {} held {} and now holds {}", offset,
                           to_string(stored->second.mark), to_string(mark));
    }
    stored->second.leader_epoch = std::max(stored->second.leader_epoch, leader_epoch);
    const auto [place, is_first] = places_.try_emplace(mark, offset);
    if (place->second != offset) {
        return fmt::format("{} is stored twice, at {} and {}", to_string(mark), place->second,
                           offset);
    }
    if (auto complaint = in_order(place)) return complaint;
    return epochs_rise(stored);
}

// A writer's records lie in the order in which it sent them.
Complaint PartitionHistory::in_order(std::map<Mark, int64_t>::iterator place) const {
    const auto follows = [this](auto one, auto next) {
        return next == places_.end() || one->first.writer != next->first.writer ||
               one->second < next->second;
    };
    const bool after_previous = place == places_.begin() || follows(std::prev(place), place);
    if (after_previous && follows(place, std::next(place))) return std::nullopt;
    return fmt::format("{} at {} is out of its writer's order", to_string(place->first),
                       place->second);
}

Complaint PartitionHistory::epochs_rise(std::map<int64_t, Stored>::iterator stored) const {
    if (stored->second.leader_epoch < 0 || stored == by_offset_.begin()) return std::nullopt;
    const auto previous = std::prev(stored);
    if (previous->second.leader_epoch <= stored->second.leader_epoch) return std::nullopt;
    return fmt::format("leader epoch {} at offset {} follows {} at {}", stored->second.leader_epoch,
                       stored->first, previous->second.leader_epoch, previous->first);
}

void PartitionHistory::deletable_before(int64_t offset) {
    deletable_before_ = std::max(deletable_before_, offset);
}

int64_t PartitionHistory::known_end() const {
    return by_offset_.empty() ? 0 : by_offset_.rbegin()->first + 1;
}

Complaint PartitionHistory::starts_at(int64_t offset) {
    if (offset <= deletable_before_) return std::nullopt;
    return fmt::format("begins at {}, but only what lies before {} may be deleted", offset,
                       deletable_before_);
}

Complaint PartitionHistory::complete(int64_t start, int64_t end) const {
    for (const auto& [mark, is_acknowledged] : sent_) {
        if (!is_acknowledged) continue;
        const auto place = places_.find(mark);
        if (place == places_.end()) {
            if (start > 0) continue;  // its place is not known: it may be among what was deleted
            return fmt::format("{} was acknowledged and is missing", to_string(mark));
        }
        if (place->second >= end) {
            return fmt::format("{} was acknowledged at {}, but the log ends at {}", to_string(mark),
                               place->second, end);
        }
    }
    return std::nullopt;
}

void GroupHistory::consumed(int64_t offset) {
    const auto index = static_cast<size_t>(offset);
    if (consumed_.size() <= index) consumed_.resize(index + 1);
    consumed_[index] = true;
}

void GroupHistory::commit_acknowledged(int64_t offset) {
    acknowledged_ = std::max(acknowledged_, offset);
}

Complaint GroupHistory::fetched(int64_t offset, int64_t floor_before) const {
    if (offset < floor_before) {
        return fmt::format("the committed offset is {}, but {} had been committed", offset,
                           floor_before);
    }
    if (offset == kNone || sent_.contains(offset)) return std::nullopt;
    return fmt::format("the committed offset is {}, which nobody committed", offset);
}

Complaint GroupHistory::complete(int64_t start, int64_t end) const {
    for (int64_t offset = start; offset < end; ++offset) {
        const auto index = static_cast<size_t>(offset);
        if (index >= consumed_.size() || !consumed_[index])
            return fmt::format("offset {} was never consumed", offset);
    }
    return std::nullopt;
}

}  // namespace polylog::sim

#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "queue/delivery_state.h"

namespace polylog::queue {

// What DeliveryState is, without any of its cleverness: a map from offsets to messages. Messages
// that are not in the map are settled below the start, ready from there to the end.
class DeliveryModel {
public:
    using Place = MessageState::Place;
    struct Message : MessageState {
        bool first_delay = false;  // delayed, and never handed out
        bool was_delayed = false;  // as such, once
        bool operator==(const Message&) const = default;
    };

    int64_t start() const {
        int64_t offset = floor_;
        for (auto message = messages_.lower_bound(floor_);
             message != messages_.end() && message->first == offset &&
             message->second.place == Place::settled;
             ++message) {
            ++offset;
        }
        return offset;
    }
    int64_t end() const { return end_; }
    Attempt next_attempt() const { return next_attempt_; }

    MessageState message(int64_t offset) const {
        if (offset < floor_) return {.place = Place::settled};
        const auto found = messages_.find(offset);
        if (found == messages_.end()) {
            return {.place = offset < end_ ? Place::ready : Place::absent};
        }
        MessageState state = found->second;
        if (state.place == Place::ready && offset >= end_) state.place = Place::absent;
        if (found->second.first_delay) state.until = kNoDeadline;
        return state;
    }
    bool can_be_delayed_first(int64_t offset) const {
        const auto found = messages_.find(offset);
        if (offset < floor_) return false;
        return found == messages_.end() ||
               (found->second.place == Place::ready && !found->second.was_delayed &&
                found->second.counts == DeliveryCounts{});
    }
    std::optional<int64_t> next(int64_t from) const {
        int64_t offset = std::max(from, floor_);
        for (auto message = messages_.lower_bound(offset);
             message != messages_.end() && message->first == offset &&
             message->second.place != Place::ready;
             ++message) {
            ++offset;
        }
        return offset < end_ ? std::optional(offset) : std::nullopt;
    }
    Depth depth() const {
        Depth depth;
        for (auto entry = messages_.lower_bound(floor_); entry != messages_.end(); ++entry) {
            const auto& [offset, message] = *entry;
            if (message.place == Place::leased) ++depth.leased;
            if (message.place == Place::delayed) ++depth.delayed;
            if (message.place == Place::dead) ++depth.dead;
            if (offset < end_ && message.place != Place::ready) --depth.ready;
        }
        depth.ready += static_cast<uint64_t>(std::max<int64_t>(0, end_ - floor_));
        return depth;
    }
    std::vector<int64_t> in(Place place) const {
        std::vector<int64_t> offsets;
        for (const auto& [offset, message] : messages_) {
            if (offset >= floor_ && message.place == place) offsets.push_back(offset);
        }
        return offsets;
    }
    bool is_over(int64_t offset, Tick now) const {
        const auto found = messages_.find(offset);
        return offset >= floor_ && found != messages_.end() && is_over(found->second, now);
    }
    bool anything_over(Tick now) const {
        return std::ranges::any_of(messages_, [&](const auto& entry) {
            return entry.first >= floor_ && is_over(entry.second, now);
        });
    }

    void extend(int64_t end) { end_ = std::max(end_, end); }
    void lease(int64_t offset, Tick deadline, int64_t wall_ms) {
        Message& message = at(offset);
        if (message.counts.leased == 0) message.counts.first_leased_at_ms = wall_ms;
        if (message.counts.leased < UINT16_MAX) ++message.counts.leased;
        put(message, Place::leased);
        message.attempt = next_attempt_;
        message.until = deadline;
        ++next_attempt_.value;
    }
    void extend_lease(int64_t offset, Tick deadline) { at(offset).until = deadline; }
    void release(int64_t offset, bool failed) {
        Message& message = at(offset);
        put(message, Place::ready);
        if (failed && message.counts.failed < UINT8_MAX) ++message.counts.failed;
    }
    void delay(int64_t offset, Tick due, bool failed) {
        Message& message = at(offset);
        put(message, Place::delayed);
        if (failed && message.counts.failed < UINT8_MAX) ++message.counts.failed;
        message.until = due;
        message.first_delay = message.counts == DeliveryCounts{};
        message.was_delayed = message.was_delayed || message.first_delay;
    }
    void condemn(int64_t offset, DeathReason reason) {
        Message& message = at(offset);
        put(message, Place::dead);
        message.reason = reason;
    }
    void settle(Range range) {
        for (int64_t offset = std::max(range.first.value, floor_); offset <= range.last.value;
             ++offset) {
            at(offset) = Message{{.place = Place::settled}};
        }
        settle_below(start());
    }
    void settle_below(int64_t offset) {
        floor_ = std::max(floor_, offset);
        messages_.erase(messages_.begin(), messages_.lower_bound(floor_));
    }
    void rewind(int64_t offset) {
        floor_ = std::min(start(), offset);
        messages_.erase(messages_.lower_bound(offset), messages_.end());
    }
    void clip(int64_t log_end, Attempt next_attempt) {
        floor_ = std::min(start(), log_end);
        messages_.erase(messages_.lower_bound(log_end), messages_.end());
        end_ = std::min(end_, log_end);
        next_attempt_ = next_attempt;
    }

private:
    static bool is_over(const Message& message, Tick now) {
        const bool waits = message.place == Place::leased || message.place == Place::delayed;
        return waits && message.until <= now && message.until != kNoDeadline;
    }
    Message& at(int64_t offset) {
        return messages_.try_emplace(offset, Message{{.place = Place::ready}}).first->second;
    }
    static void put(Message& message, Place place) {
        message.place = place;
        message.attempt = {};
        message.until = kNoDeadline;
        message.reason = {};
        message.first_delay = false;
    }

    std::map<int64_t, Message> messages_;
    int64_t floor_ = 0;
    int64_t end_ = 0;
    Attempt next_attempt_{1};
};

}  // namespace polylog::queue

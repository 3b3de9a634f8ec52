#include "protocol/server/activity.h"

#include <chrono>

namespace polylog::server {

using base::Duration;
using base::MonoTime;

std::string_view to_string(Overdue overdue) {
    switch (overdue) {
    case Overdue::no_request: return "no_request";
    case Overdue::idle: return "idle";
    case Overdue::slow_sender: return "slow_sender";
    case Overdue::slow_reader: return "slow_reader";
    }
    return "";
}

void Activity::resume_reading(MonoTime now) {
    if (!reading_paused_at_) return;
    if (request_open_) request_begun_at_ += now - *reading_paused_at_;
    reading_paused_at_.reset();
}

void Activity::pause_reading(MonoTime now) {
    if (!reading_paused_at_) reading_paused_at_ = now;
}

void Activity::received(MonoTime now, bool completed, std::optional<size_t> open_bytes) {
    active_at_ = now;
    if (completed) {
        had_request_ = true;
        request_open_ = false;
    }
    if (!request_open_ && open_bytes) request_begun_at_ = now;
    request_open_ = open_bytes.has_value();
    request_bytes_ = open_bytes.value_or(0);
}

void Activity::owe(MonoTime now, size_t bytes) {
    if (unsent_bytes_ == 0) {
        owing_since_ = sent_at_ = now;
        sent_since_ = 0;
    }
    unsent_bytes_ += bytes;
}

void Activity::sent(MonoTime now, size_t bytes) {
    active_at_ = sent_at_ = now;
    unsent_bytes_ -= bytes;
    sent_since_ += bytes;
}

std::optional<Overdue> Activity::overdue(MonoTime now) const {
    if (reads_too_slowly(now)) return Overdue::slow_reader;
    if (sends_too_slowly(now)) return Overdue::slow_sender;
    if (!quiet()) return std::nullopt;
    if (!had_request_ && now - opened_at_ > limits_.first_request_timeout)
        return Overdue::no_request;
    if (now - active_at_ > limits_.idle_timeout) return Overdue::idle;
    return std::nullopt;
}

// The kernel takes answers in large pieces, so a slow reader shows as a rate only over a time in
// which nothing at all need move.
bool Activity::reads_too_slowly(MonoTime now) const {
    if (unsent_bytes_ == 0) return false;
    if (now - sent_at_ > limits_.write_stalled_timeout) return true;
    return now - owing_since_ > limits_.write_stalled_timeout + kGrace + earned(sent_since_);
}

bool Activity::sends_too_slowly(MonoTime now) const {
    if (!request_open_ || reading_paused_at_) return false;
    return now - request_begun_at_ > kGrace + earned(request_bytes_);
}

// How long so many bytes may take.
Duration Activity::earned(size_t bytes) const {
    return std::chrono::seconds(bytes / limits_.frame_min_bytes_per_second);
}

}  // namespace polylog::server

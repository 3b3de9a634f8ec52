#include "base/log_sink.h"

#include <cerrno>
#include <ctime>

#include <unistd.h>

namespace polylog::base {

namespace {

LogRecord without_fields(LogRecord record) {
    record.fields = {};
    return record;
}

WallTime system_time() {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return WallTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

bool write_to_standard_error(std::string_view line) {
    while (!line.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        line.remove_prefix(static_cast<size_t>(written));
    }
    return true;
}

}  // namespace

bool RepeatLimiter::admit(const LogRecord& record) {
    if (record.level < LogLevel::info) return true;
    Window& window = windows_[{record.component, record.event}];
    if (window.is_over(record.time)) {
        window = Window();
        window.begin = record.time;
    }
    if (window.admitted < kRecordsPerWindow) {
        ++window.admitted;
        return true;
    }
    ++window.held_back;
    ++held_back_;
    window.last = without_fields(record);
    return false;
}

std::vector<RepeatLimiter::Repeats> RepeatLimiter::take_ended(WallTime now) {
    return take_if([now](const Window& window) { return window.is_over(now); });
}

std::vector<RepeatLimiter::Repeats> RepeatLimiter::take_all() {
    return take_if([](const Window&) { return true; });
}

std::vector<RepeatLimiter::Repeats> RepeatLimiter::take_if(
    std::function<bool(const Window&)> wanted) {
    std::vector<Repeats> taken;
    if (held_back_ == 0) return taken;
    for (auto& [_, window] : windows_) {
        if (window.held_back == 0 || !wanted(window)) continue;
        taken.push_back({window.last, window.held_back});
        held_back_ -= window.held_back;
        window.held_back = 0;
    }
    return taken;
}

LineLogSink::LineLogSink(LogFormat format, Clock clock, WriteLine write_line)
    : LogSink(std::move(clock)), format_(format), write_line_(std::move(write_line)) {}

LineLogSink::~LineLogSink() {
    write_repeats(limiter_.take_all(), now());
}

void LineLogSink::write(const LogRecord& record) {
    const std::scoped_lock lock(mutex_);
    if (dropped_lines_ > 0) {
        const LogField lines("lines", dropped_lines_);
        const bool written = write_line({.time = record.time,
                                         .level = LogLevel::warn,
                                         .component = "log",
                                         .event = "log_lines_dropped",
                                         .message = "log lines were dropped: their reader is slow",
                                         .fields = {&lines, 1}});
        if (written) dropped_lines_ = 0;
    }
    write_repeats(limiter_.take_ended(record.time), record.time);
    if (limiter_.admit(record) && !write_line(record)) ++dropped_lines_;
}

void LineLogSink::write_repeats(const std::vector<RepeatLimiter::Repeats>& repeats, WallTime now) {
    for (const auto& [record, count] : repeats) {
        const LogField field("repeats", count);
        LogRecord summary = record;
        summary.time = now;
        summary.fields = {&field, 1};
        if (!write_line(summary)) ++dropped_lines_;
    }
}

bool LineLogSink::write_line(const LogRecord& record) {
    line_.clear();
    append_log_line(line_, record, format_);
    return write_line_(line_);
}

LogSink& standard_error_sink() {
    // Never destroyed: destructors may log.
    static auto& sink = *new LineLogSink(LogFormat::text, system_time, write_to_standard_error);
    return sink;
}

}  // namespace polylog::base

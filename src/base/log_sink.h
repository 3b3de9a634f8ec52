#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log_format.h"
#include "base/logging.h"
#include "base/time.h"

namespace polylog::base {

// Lets the first kRecordsPerWindow records of an event through in each window, which begins with
// the first of them, and counts the rest. Levels below info are never held back: whoever turns them
// on wants all. Its memory is bounded by the number of events in the program. Not thread-safe.
class RepeatLimiter {
public:
    static constexpr uint64_t kRecordsPerWindow = 10;
    static constexpr Duration kWindow = 10s;

    // True when the record may be written. Take what has ended by then first.
    bool admit(const LogRecord& record);

    struct Repeats {
        LogRecord record;  // the event, without fields
        uint64_t count = 0;
    };
    // The events with records held back in windows that are over; forgets them.
    std::vector<Repeats> take_ended(WallTime now);
    // The same for all windows: when nothing more will be written.
    std::vector<Repeats> take_all();

private:
    struct Window {
        WallTime begin;
        uint64_t admitted = 0;
        uint64_t held_back = 0;
        LogRecord last;  // without fields
        // Also when the clock was set back: a window must not last until it has caught up.
        bool is_over(WallTime now) const { return now < begin || now - begin >= kWindow; }
    };
    std::vector<Repeats> take_if(std::function<bool(const Window&)> wanted);

    using ComponentAndEvent = std::pair<std::string_view, std::string_view>;

    std::map<ComponentAndEvent, Window> windows_;
    uint64_t held_back_ = 0;  // over all windows, so that the usual case costs nothing
};

// Writes each record as one line. Repeats of an event are held back and, when their window is over,
// summed up in a record of the same event with the field `repeats`, written before the next record
// of any kind. Lines that could not be written are counted and reported when writing works again.
class LineLogSink : public LogSink {
public:
    // Takes a whole line with its line feed; false when it had to be dropped. Called under the
    // sink's lock.
    using WriteLine = std::function<bool(std::string_view line)>;

    LineLogSink(LogFormat format, Clock clock, WriteLine write_line);
    // Writes the repeats that are still held back.
    ~LineLogSink() override;

    void write(const LogRecord& record) override;

private:
    void write_repeats(const std::vector<RepeatLimiter::Repeats>& repeats, WallTime now);
    bool write_line(const LogRecord& record);

    const LogFormat format_;
    const WriteLine write_line_;
    std::mutex mutex_;  // guards everything below
    RepeatLimiter limiter_;
    uint64_t dropped_lines_ = 0;
    std::string line_;
};

// Where records go while no sink is installed: standard error, as text, with the system's clock.
LogSink& standard_error_sink();

}  // namespace polylog::base

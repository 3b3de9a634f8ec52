#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/strong.h"
#include "base/time.h"

// Structured logs. A record is an event with a stable id for machines, a fixed sentence for people,
// and typed fields for everything that varies:
//
//     const base::Logger logger("groups");
//     logger.info("group_rebalanced", "group rebalanced", {{"group", id}, {"gen", 14}});
//
// A record below its component's level costs one relaxed load. Logging is for what an operator
// wants to know, not for the data path: a written record is formatted on the caller's thread, under
// a lock.
namespace polylog::base {

enum class LogLevel : uint8_t { trace, debug, info, warn, error };

std::string_view to_string(LogLevel level);  // "trace" to "error"
// By the same names; nothing for any other text.
std::optional<LogLevel> parse_log_level(std::string_view text);

// A string literal; anything else does not compile. What is constant can be searched for, and
// cannot carry somebody else's bytes.
class LogText {
public:
    template <size_t N>
    consteval LogText(const char (&literal)[N])  // NOLINT: implicit by design
        : text_(literal, N - 1) {}
    std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

// A field's value: a view of its argument, for the duration of the call that logs it.
class LogValue {
public:
    using Variant = std::variant<std::string_view, int64_t, uint64_t, double, bool, Duration,
                                 const Error*>;

    // NOLINTBEGIN: implicit by design, `{{"gen", 14}}`
    template <class T>
        requires std::integral<T> || std::floating_point<T>
    LogValue(T number) : value_(widened(number)) {}
    template <class Tag, class Rep>
    LogValue(Strong<Tag, Rep> strong) : LogValue(strong.value) {}
    template <class Rep, class Period>
    LogValue(std::chrono::duration<Rep, Period> duration) : value_(Duration(duration)) {}
    LogValue(const char* text) : value_(std::string_view(text)) {}
    LogValue(std::string_view text) : value_(text) {}
    LogValue(const std::string& text) : value_(std::string_view(text)) {}
    LogValue(ErrorCode code) : value_(to_string(code)) {}
    LogValue(const Error& error) : value_(&error) {}
    // NOLINTEND

    const Variant& variant() const { return value_; }

private:
    template <class T>
    static Variant widened(T number) {
        if constexpr (std::same_as<T, bool>) {
            return number;
        } else if constexpr (std::floating_point<T>) {
            return static_cast<double>(number);
        } else if constexpr (std::signed_integral<T>) {
            return static_cast<int64_t>(number);
        } else {
            return static_cast<uint64_t>(number);
        }
    }

    Variant value_;
};

// A typed value of a record, under a name that is constant.
struct LogField {
    LogField(LogText field_key, LogValue field_value)
        : key(field_key.text()), value(std::move(field_value)) {}

    std::string_view key;
    LogValue value;
};

// What a sink gets: views that live until LogSink::write returns. Component, event and message are
// literals and live for ever.
struct LogRecord {
    WallTime time;
    LogLevel level = LogLevel::info;
    std::string_view component;
    std::string_view event;
    std::string_view message;
    std::span<const LogField> fields;
};

// Where records go. Its clock is handed in, so that a simulated run logs simulated time.
class LogSink {
public:
    using Clock = std::function<WallTime()>;

    explicit LogSink(Clock clock) : clock_(std::move(clock)) {}
    virtual ~LogSink() = default;
    LogSink(const LogSink&) = delete;
    LogSink& operator=(const LogSink&) = delete;

    // Called from any thread, also from several at once. Must not log.
    virtual void write(const LogRecord& record) = 0;
    WallTime now() const { return clock_(); }

private:
    const Clock clock_;
};

// Makes `sink` the one of the whole process for the life of this object, which no thread that logs
// may outlive. Before, and after, records go to standard error as text.
class InstalledLogSink {
public:
    explicit InstalledLogSink(LogSink& sink);
    ~InstalledLogSink();
    InstalledLogSink(const InstalledLogSink&) = delete;
    InstalledLogSink& operator=(const InstalledLogSink&) = delete;

private:
    LogSink* const outer_;
};

// Writes one component's records. One pointer, copied freely, usable from any thread. Loggers that
// name the same component share its level, which starts at info. Making one takes a lock: keep it.
class Logger {
public:
    using Fields = std::initializer_list<LogField>;

    explicit Logger(LogText component);

    bool enabled(LogLevel level) const {
        return level >= component_->level.load(std::memory_order_relaxed);
    }
    void trace(LogText event, LogText message, Fields fields = {}) const {
        log(LogLevel::trace, event, message, fields);
    }
    void debug(LogText event, LogText message, Fields fields = {}) const {
        log(LogLevel::debug, event, message, fields);
    }
    void info(LogText event, LogText message, Fields fields = {}) const {
        log(LogLevel::info, event, message, fields);
    }
    void warn(LogText event, LogText message, Fields fields = {}) const {
        log(LogLevel::warn, event, message, fields);
    }
    void error(LogText event, LogText message, Fields fields = {}) const {
        log(LogLevel::error, event, message, fields);
    }
    void log(LogLevel level, LogText event, LogText message, Fields fields) const {
        if (enabled(level)) write(level, event.text(), message.text(), fields);
    }

private:
    friend class LogComponents;
    struct Component {
        std::string_view name;
        std::atomic<LogLevel> level;
    };

    void write(LogLevel level, std::string_view event, std::string_view message,
               Fields fields) const;

    Component* component_;
};

// From which level on a component's records are written.
struct ComponentLevel {
    std::string_view component;
    LogLevel level;
};
// Every component that has a Logger, by name.
std::vector<ComponentLevel> log_levels();
// Changes a component's level, or with "*" that of all, including those still to come. Takes effect
// at once, on every thread. Error: invalid_config, with the nearest name, when there is no such
// component.
Result<void> set_log_level(std::string_view component, LogLevel level);

}  // namespace polylog::base

#include "base/logging.h"

#include <array>
#include <map>
#include <mutex>

#include "base/check.h"
#include "base/did_you_mean.h"
#include "base/log_sink.h"

namespace polylog::base {

namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"trace", "debug", "info", "warn", "error"};

std::atomic<LogSink*> installed_sink{nullptr};

LogSink& current_sink() {
    LogSink* sink = installed_sink.load(std::memory_order_acquire);
    return sink ? *sink : standard_error_sink();
}

}  // namespace

// Every component that was ever named. Entries stay where they are, and for ever: Loggers point at
// them.
class LogComponents {
public:
    using Component = Logger::Component;

    static LogComponents& instance() {
        static auto& components = *new LogComponents;  // never destroyed: destructors may log
        return components;
    }

    Component* find_or_add(std::string_view name) {
        const std::scoped_lock lock(mutex_);
        return &by_name_.try_emplace(name, name, default_level_).first->second;
    }

    std::vector<ComponentLevel> levels() {
        const std::scoped_lock lock(mutex_);
        std::vector<ComponentLevel> levels;
        for (const auto& [name, component] : by_name_) levels.push_back({name, component.level});
        return levels;
    }

    Result<void> set_level(std::string_view name, LogLevel level) {
        const std::scoped_lock lock(mutex_);
        if (name == "*") {
            default_level_ = level;
            for (auto& [_, component] : by_name_) component.level = level;
            return {};
        }
        const auto found = by_name_.find(name);
        if (found == by_name_.end()) return fail(ErrorCode::invalid_config, unknown(name));
        found->second.level = level;
        return {};
    }

private:
    std::string unknown(std::string_view name) const {
        std::vector<std::string_view> names;
        for (const auto& [known, _] : by_name_) names.push_back(known);
        std::string detail = "no log component '" + std::string(name) + "'";
        const auto nearest = nearest_name(name, names);
        if (nearest) detail.append("; did you mean '").append(*nearest).append("'?");
        return detail;
    }

    std::mutex mutex_;
    std::map<std::string_view, Component> by_name_;
    LogLevel default_level_ = LogLevel::info;
};

std::string_view to_string(LogLevel level) {
    const auto index = static_cast<size_t>(level);
    CHECK(index < kLevelNames.size());
    return kLevelNames[index];
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
    for (size_t i = 0; i < kLevelNames.size(); ++i) {
        if (text == kLevelNames[i]) return static_cast<LogLevel>(i);
    }
    return std::nullopt;
}

InstalledLogSink::InstalledLogSink(LogSink& sink)
    : outer_(installed_sink.exchange(&sink, std::memory_order_acq_rel)) {}

InstalledLogSink::~InstalledLogSink() {
    installed_sink.store(outer_, std::memory_order_release);
}

Logger::Logger(LogText component)
    : component_(LogComponents::instance().find_or_add(component.text())) {}

void Logger::write(LogLevel level, std::string_view event, std::string_view message,
                   Fields fields) const {
    LogSink& sink = current_sink();
    sink.write({.time = sink.now(),
                .level = level,
                .component = component_->name,
                .event = event,
                .message = message,
                .fields = {fields.begin(), fields.size()}});
}

std::vector<ComponentLevel> log_levels() {
    return LogComponents::instance().levels();
}

Result<void> set_log_level(std::string_view component, LogLevel level) {
    return LogComponents::instance().set_level(component, level);
}

}  // namespace polylog::base

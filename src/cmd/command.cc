#include "cmd/command.h"

#include <algorithm>

#include "base/check.h"

namespace polylog::cmd {

std::string_view Option::name() const {
    const size_t comma = names.find(',');
    std::string_view last = comma == std::string_view::npos ? names : names.substr(comma + 1);
    last.remove_prefix(std::min(last.find_first_not_of('-'), last.size()));
    return last;
}

bool Arguments::has(std::string_view name) const {
    return values_.contains(name);
}

std::optional<std::string_view> Arguments::find(std::string_view name) const {
    if (const auto found = values_.find(name); found != values_.end() && !found->second.empty()) {
        return found->second.back();
    }
    const auto option = std::ranges::find(command_.options, name, &Option::name);
    if (option != command_.options.end() && !option->default_value.empty()) {
        return option->default_value;
    }
    return std::nullopt;
}

std::string_view Arguments::get(std::string_view name) const {
    return find(name).value_or(std::string_view());
}

std::span<const std::string> Arguments::all(std::string_view name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return {};
    return found->second;
}

void CommandTable::add(std::vector<Command> commands) {
    for (Command& command : commands) {
        CHECK(!find(command.path));
        commands_.push_back(std::move(command));
    }
}

const Command* CommandTable::find(std::string_view path) const {
    for (const Command& command : commands_) {
        if (command.path == path) return &command;
        if (std::ranges::find(command.aliases, path) != command.aliases.end()) return &command;
    }
    return nullptr;
}

std::vector<const Command*> CommandTable::below(std::string_view path) const {
    std::vector<const Command*> found;
    for (const Command& command : commands_) {
        std::string_view rest = command.path;
        if (!path.empty()) {
            if (!rest.starts_with(path) || rest.size() <= path.size() || rest[path.size()] != ' ') {
                continue;
            }
            rest.remove_prefix(path.size() + 1);
        }
        if (!command.hidden && !rest.contains(' ')) found.push_back(&command);
    }
    return found;
}

}  // namespace polylog::cmd

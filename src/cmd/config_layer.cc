#include "cmd/config_layer.h"

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace polylog::cmd {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

constexpr std::string_view kPrefix = "POLYLOG_";
// More is no configuration file.
constexpr size_t kMaxFileBytes = size_t{1} << 20;

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

Result<std::string> read_file(const std::string& path) {
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
    if (!file) {
        const auto code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::io_failed;
        return fail(code, fmt::format("{}: {}", path, std::strerror(errno)));
    }
    std::string text;
    std::array<char, 16384> piece;
    while (const size_t size = std::fread(piece.data(), 1, piece.size(), file.get())) {
        text.append(piece.data(), size);
        if (text.size() > kMaxFileBytes) {
            return fail(ErrorCode::invalid_config, fmt::format("{}: over 1 MiB", path));
        }
    }
    if (std::ferror(file.get())) {
        return fail(ErrorCode::io_failed, fmt::format("{}: {}", path, std::strerror(errno)));
    }
    return text;
}

// Sorted; none when there is no such folder.
std::vector<std::string> toml_files(const std::string& directory) {
    std::vector<std::string> paths;
    const std::unique_ptr<DIR, CloseDirectory> entries(::opendir(directory.c_str()));
    if (!entries) return paths;
    while (const dirent* entry = ::readdir(entries.get())) {
        const std::string_view name(entry->d_name);
        if (name.ends_with(".toml")) paths.push_back(fmt::format("{}/{}", directory, name));
    }
    std::ranges::sort(paths);
    return paths;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// LISTEN__KAFKA to listen.kafka; under the tables whose keys have dots of their own, `_` is one.
std::string key_of_variable(std::string_view name) {
    std::string key;
    bool dotted = false;
    for (size_t i = 0; i < name.size(); ++i) {
        if (name.substr(i).starts_with("__")) {
            dotted = dotted || key == "kafka" || key == "topic_defaults";
            key += '.';
            ++i;
        } else {
            key += dotted && name[i] == '_' ? '.' : lower(name[i]);
        }
    }
    return key;
}

}  // namespace

void lay_over(ConfigLayer& below, ConfigLayer stronger) {
    for (auto& [key, value] : stronger) below.insert_or_assign(key, std::move(value));
}

Result<ConfigLayer> read_config_files(const std::string& path) {
    TRY(const std::string text, read_file(path));
    TRY(ConfigLayer layer, parse_config_text(text, path));
    const size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
    for (const std::string& more : toml_files(folder + "/conf.d")) {
        TRY(const std::string more_text, read_file(more));
        TRY(ConfigLayer on_top, parse_config_text(more_text, more));
        lay_over(layer, std::move(on_top));
    }
    return layer;
}

ConfigLayer environment_layer(const Variables& variables,
                              std::span<const std::string_view> top_level_keys) {
    ConfigLayer layer;
    for (const auto& [name, value] : variables) {
        if (!name.starts_with(kPrefix)) continue;
        const std::string_view rest = std::string_view(name).substr(kPrefix.size());
        std::string key = key_of_variable(rest);
        const bool known = std::ranges::find(top_level_keys, key) != top_level_keys.end();
        if (rest.contains("__") || known) layer[std::move(key)] = {.text = value, .origin = name};
    }
    return layer;
}

Variables environment_variables() {
    Variables variables;
    for (char** each = environ; *each; ++each) {
        const std::string_view variable(*each);
        const size_t equals = variable.find('=');
        if (equals == std::string_view::npos) continue;
        variables.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
    }
    return variables;
}

Result<void> add_assignment(ConfigLayer& layer, std::string_view assignment) {
    const size_t equals = assignment.find('=');
    if (equals == std::string_view::npos || equals == 0) {
        return fail(ErrorCode::invalid_config,
                    fmt::format("--set takes KEY=VALUE, not '{}'", assignment));
    }
    layer[std::string(assignment.substr(0, equals))] = {.text = std::string(
                                                            assignment.substr(equals + 1)),
                                                        .origin = "--set"};
    return {};
}

}  // namespace polylog::cmd

#include "cmd/start_conflict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>

#include "cmd/port_check.h"
#include "io/linux/data_directory.h"

namespace polylog::cmd {

namespace {

// What is taken, by the process that has it.
struct Taken {
    std::string what;
    pid_t holder = 0;
};

std::string holder_text(pid_t holder) {
    if (holder == 0) return {};
    const std::string name = process_name(holder);
    return fmt::format(" by process {}{}", holder, name.empty() ? "" : fmt::format(" ({})", name));
}

// "port 9092 (127.0.0.1:9092), data directory d are in use by process 17 (polylog)", and so on.
std::string sentence(const std::vector<Taken>& all) {
    std::string out;
    for (size_t i = 0; i < all.size();) {
        size_t end = i + 1;
        std::string things = all[i].what;
        for (; end < all.size() && all[end].holder == all[i].holder; ++end) {
            things += ", " + all[end].what;
        }
        out += fmt::format("{}{} {} in use{}", i == 0 ? "" : "; ", things,
                           end - i == 1 ? "is" : "are", holder_text(all[i].holder));
        i = end;
    }
    return out;
}

// As a shell takes it for one word.
std::string shell_word(std::string_view word) {
    constexpr std::string_view
        kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
    if (!word.empty() && word.find_first_not_of(kSafe) == std::string_view::npos) {
        return std::string(word);
    }
    std::string out = "'";
    for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

// A data directory beside the one that is taken, which nobody has.
std::string free_directory_beside(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    for (int number = 2;; ++number) {
        std::string candidate = fmt::format("{}-{}", path, number);
        std::error_code unknown;
        const bool is_ours = std::filesystem::exists(candidate + "/lock", unknown);
        if (is_ours ? !io::DataDirectory::holder(candidate)
                    : !std::filesystem::exists(candidate, unknown)) {
            return candidate;
        }
    }
}

// Values of flags, by the flag's name.
using Replacements = std::map<std::string_view, std::string>;

// The command line that was given, with other values for some of its options.
std::string command_line(const Arguments& arguments, const Replacements& replacements) {
    std::string out = fmt::format("{} {}", shell_word(program_invocation_name),
                                  arguments.command().path);
    for (const Option& option : arguments.command().options) {
        if (replacements.contains(option.name()) || !arguments.has(option.name())) continue;
        if (option.is_flag()) out += fmt::format(" --{}", option.name());
        for (const std::string& value : arguments.all(option.name())) {
            if (!option.is_flag()) out += fmt::format(" --{} {}", option.name(), shell_word(value));
        }
    }
    for (const auto& [name, value] : replacements) {
        out += fmt::format(" --{} {}", name, shell_word(value));
    }
    return out;
}

// The one flag for each kind of listener says it all only where there is one such listener, and
// nothing else is to be said about it.
bool flags_suffice(const Settings& settings) {
    return settings.kafka.size() <= 1 && settings.admin.size() <= 1 && settings.aws.size() <= 1 &&
           std::ranges::none_of(settings.kafka, [](const StreamListener& listener) {
               return listener.advertise.has_value();
           });
}

}  // namespace

std::optional<Failure> start_conflict(const Arguments& arguments, const Settings& settings) {
    std::vector<Taken> taken;
    Replacements replacements;
    for (const TakenAddress& each : taken_addresses(settings)) {
        taken.push_back(
            {fmt::format("port {} ({})", each.endpoint.port, io::to_string(each.endpoint)),
             each.holder});
        io::Endpoint other = each.endpoint;
        other.port = free_port_near(other);
        replacements[each.flag.substr(2)] = io::to_string(other);
    }
    const bool address_taken = !taken.empty();
    if (const auto holder = io::DataDirectory::holder(settings.data_dir)) {
        taken.push_back({fmt::format("data directory {}", settings.data_dir), *holder});
        replacements["data-dir"] = free_directory_beside(settings.data_dir);
    }
    if (taken.empty()) return std::nullopt;
    return Failure{
        .error = {base::ErrorCode::io_failed, sentence(taken)},
        .hint = flags_suffice(settings)
                    ? fmt::format("stop that, or start another beside it: {}",
                                  command_line(arguments, replacements))
                    : std::string("stop that, or choose others: listen.kafka (--kafka HOST:PORT), "
                                  "listen.admin (--admin HOST:PORT), listen.aws (--aws HOST:PORT), "
                                  "data_dir (--data-dir DIR)"),
        .code = address_taken ? kAddressUnusable : kDataDirectoryUnusable};
}

}  // namespace polylog::cmd

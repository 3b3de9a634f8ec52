#include "cmd/aws_secrets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/linux/file_descriptor.h"

namespace polylog::cmd {

using base::ErrorCode;
using base::fail;
using base::Result;
using base::Secret;

namespace {

constexpr size_t kReceiptKeyBytes = 32;
constexpr size_t kAccessKeysFileMaxBytes = size_t{1} << 20;
constexpr std::string_view kBlanks = " \t\r";

std::unexpected<base::Error> failed_to(std::string_view what, const std::string& path) {
    return fail(ErrorCode::io_failed, fmt::format("{} {}: {}", what, path, std::strerror(errno)));
}

// The word at the start of a line, taken off it.
std::string_view take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
    line.remove_prefix(word.size());
    return word;
}

// All of a file, as far as `max_bytes`.
Result<std::string> read_whole(const std::string& path, size_t max_bytes) {
    const io::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        if (errno == ENOENT) return fail(ErrorCode::not_found, fmt::format("{} is missing", path));
        return failed_to("open", path);
    }
    std::string text(max_bytes, '\0');
    size_t size = 0;
    while (size < max_bytes) {
        const ssize_t count = ::read(file.get(), text.data() + size, max_bytes - size);
        if (count < 0) return failed_to("read", path);
        if (count == 0) break;
        size += static_cast<size_t>(count);
    }
    text.resize(size);
    return text;
}

Result<void> sync_path(const std::string& path, int flags) {
    const io::FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC));
    if (!file || ::fsync(file.get()) != 0) return failed_to("sync", path);
    return {};
}

Result<void> write_durably(const std::string& data_dir, const std::string& path,
                           std::string_view bytes) {
    const std::string unfinished = path + ".new";
    {
        const io::FileDescriptor file(
            ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!file) return failed_to("create", unfinished);
        const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
        if (written != static_cast<ssize_t>(bytes.size()) || ::fsync(file.get()) != 0) {
            return failed_to("write", unfinished);
        }
    }
    if (::rename(unfinished.c_str(), path.c_str()) != 0) return failed_to("rename", unfinished);
    return sync_path(data_dir, O_RDONLY | O_DIRECTORY);
}

}  // namespace

Result<aws::AccessKeys> parse_access_keys(std::string_view text) {
    aws::AccessKeys keys;
    for (size_t number = 1; !text.empty(); ++number) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const std::string_view id = take_word(line);
        if (id.empty() || id.starts_with('#')) continue;
        const std::string_view secret = take_word(line);
        if (secret.empty() || !take_word(line).empty()) {
            return fail(ErrorCode::invalid_config,
                        fmt::format("line {}: an access key is its id and its secret", number));
        }
        if (!keys.emplace(id, Secret(secret)).second) {
            return fail(ErrorCode::invalid_config,
                        fmt::format("line {}: this id has a secret already", number));
        }
    }
    return keys;
}

Result<aws::AccessKeys> read_access_keys(const std::string& path) {
    TRY(const std::string text, read_whole(path, kAccessKeysFileMaxBytes));
    if (text.size() == kAccessKeysFileMaxBytes) {
        return fail(ErrorCode::invalid_config, fmt::format("{} is 1 MiB or larger", path));
    }
    auto keys = parse_access_keys(text);
    if (!keys) {
        return fail(keys.error().code(), fmt::format("{}: {}", path, keys.error().detail()));
    }
    return keys;
}

Result<Secret> receipt_key_of(const std::string& data_dir) {
    const std::string path = data_dir + "/receipt.key";
    auto stored = read_whole(path, kReceiptKeyBytes + 1);
    if (stored && stored->size() == kReceiptKeyBytes) return Secret(*stored);
    if (stored) return fail(ErrorCode::corrupt, fmt::format("{} is not 32 bytes", path));
    if (stored.error() != ErrorCode::not_found) return fail(std::move(stored).error());
    // The environment's random numbers are no secret: clients see some, which tell the others.
    TRY(const std::string bytes, read_whole("/dev/urandom", kReceiptKeyBytes));
    TRY_VOID(write_durably(data_dir, path, bytes));
    return Secret(bytes);
}

}  // namespace polylog::cmd

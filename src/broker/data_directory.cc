#include "broker/data_directory.h"

#include <fmt/core.h>

#include <charconv>
#include <map>

namespace polylog::broker {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

constexpr char kTemporaryPath[] = "data-directory.new";
constexpr size_t kShardsMax = 1024;

std::map<std::string_view, std::string_view> split_lines(std::string_view text) {
    std::map<std::string_view, std::string_view> values;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const size_t equals = line.find('=');
        if (equals != std::string_view::npos)
            values[line.substr(0, equals)] = line.substr(equals + 1);
    }
    return values;
}

std::optional<size_t> parse_number(std::string_view text) {
    size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return number;
}

}  // namespace

std::string encode_data_directory(const DataDirectory& directory) {
    return fmt::format("version={}\nid={}\nshards={}\n", DataDirectory::kVersion,
                       directory.id.to_base64(), directory.shard_count);
}

Result<DataDirectory> decode_data_directory(std::string_view text) {
    const auto values = split_lines(text);
    const auto value = [&](std::string_view key) {
        const auto found = values.find(key);
        return found == values.end() ? std::string_view() : found->second;
    };
    const auto version = parse_number(value("version"));
    if (version && *version > DataDirectory::kVersion) {
        return fail(
            ErrorCode::unsupported_version,
            fmt::format(
                "the data directory was made by a newer version (format {}, this one knows {})",
                *version, DataDirectory::kVersion));
    }
    const auto id = base::Uuid::from_base64(value("id"));
    const auto shards = parse_number(value("shards"));
    if (!version || *version == 0 || !id || !shards || *shards == 0 || *shards > kShardsMax) {
        return fail(ErrorCode::corrupt,
                    fmt::format("the file '{}' in the data directory is damaged",
                                kDataDirectoryFile));
    }
    return DataDirectory{.id = *id, .shard_count = *shards};
}

Task<Result<DataDirectory>> open_data_directory(io::Shard& shard, size_t shard_count) {
    io::Disk& disk = shard.env().disk;
    auto file = co_await disk.open(kDataDirectoryFile, {});
    if (file) {
        base::Buffer buffer = base::Buffer::allocate(kDataDirectoryFileMaxBytes);
        CO_TRY(const base::Slice bytes, co_await (*file)->read(0, std::move(buffer)));
        co_return decode_data_directory(bytes.text());
    }
    if (file.error() != ErrorCode::not_found) co_return fail(std::move(file).error());
    // A new id would make strangers of all files that are there.
    CO_TRY(const auto entries, co_await disk.list("."));
    for (const io::DirectoryEntry& entry : entries) {
        if (entry.name != "wal" && entry.name != "topics") continue;
        co_return fail(ErrorCode::damaged,
                       fmt::format("the file '{}' in the data directory is missing, but there are "
                                   "data in '{}'",
                                   kDataDirectoryFile, entry.name));
    }
    io::Random& random = shard.env().random;
    const uint64_t high = random.next();
    const DataDirectory made{.id = base::Uuid::from_random(high, random.next()),
                             .shard_count = shard_count};
    CO_TRY_VOID(co_await write_data_directory(disk, made));
    co_return made;
}

Task<Result<void>> write_data_directory(io::Disk& disk, DataDirectory directory) {
    CO_TRY(auto file,
           co_await disk.open(kTemporaryPath, {.write = true, .create = true, .truncate = true}));
    std::vector<base::Slice> pieces;
    pieces.push_back(base::Slice::copy_of(encode_data_directory(directory)));
    CO_TRY_VOID(co_await file->write(0, std::move(pieces)));
    CO_TRY_VOID(co_await file->sync());
    CO_TRY_VOID(co_await disk.rename(kTemporaryPath, kDataDirectoryFile));
    co_return co_await disk.sync_directory(".");
}

}  // namespace polylog::broker

#include "log/checkpoint_file.h"

#include <fmt/core.h>

namespace polylog::log {

using base::Buffer;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Slice;
using io::Task;

Task<Result<std::optional<Checkpoint>>> read_checkpoint(io::Disk& disk, std::string directory,
                                                        base::Uuid data_directory_id) {
    const std::string path = directory + "/checkpoint";
    auto file = co_await disk.open(path, {});
    if (!file && file.error() == ErrorCode::not_found) co_return std::nullopt;
    if (!file) co_return fail(file.error());
    CO_TRY(const uint64_t size_bytes, co_await (*file)->size());
    CO_TRY(const Slice contents, co_await (*file)->read(0, Buffer::allocate(size_bytes)));
    auto checkpoint = decode_checkpoint(contents.bytes());
    if (!checkpoint) {
        co_return fail(ErrorCode::corrupt,
                       fmt::format("{}: {}", path, checkpoint.error().detail()));
    }
    if (checkpoint->header.data_directory_id != data_directory_id) {
        co_return fail(ErrorCode::corrupt,
                       fmt::format("{} belongs to another data directory ({})", path,
                                   checkpoint->header.data_directory_id.to_hex()));
    }
    co_return std::move(*checkpoint);
}

Task<Result<void>> write_checkpoint(io::Disk& disk, std::string directory, Slice contents) {
    const std::string path = directory + "/checkpoint";
    const std::string new_path = path + ".new";
    const io::OpenOptions how{.write = true, .create = true, .truncate = true};
    CO_TRY(const auto file, co_await disk.open(new_path, how));
    std::vector<Slice> pieces;
    pieces.push_back(std::move(contents));
    CO_TRY_VOID(co_await file->write(0, std::move(pieces)));
    CO_TRY_VOID(co_await file->sync());
    CO_TRY_VOID(co_await disk.rename(new_path, path));
    co_return co_await disk.sync_directory(std::move(directory));
}

}  // namespace polylog::log

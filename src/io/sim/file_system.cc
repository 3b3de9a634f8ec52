#include "io/sim/file_system.h"

#include <algorithm>

#include "base/check.h"

namespace polylog::sim {

using base::ErrorCode;
using base::fail;
using base::Result;

namespace {

// Far above what a scenario stores; keeps a wild position from taking all memory.
constexpr uint64_t kFileBytesMax = uint64_t{16} << 30;

uint64_t total_bytes(const std::vector<base::Slice>& pieces) {
    uint64_t total = 0;
    for (const base::Slice& piece : pieces) total += piece.size();
    return total;
}

void keep_first_bytes(std::vector<base::Slice>& pieces, uint64_t size_bytes) {
    size_t kept = 0;
    while (kept < pieces.size() && size_bytes > 0) {
        base::Slice& piece = pieces[kept++];
        piece = piece.part(0, std::min<uint64_t>(piece.size(), size_bytes));
        size_bytes -= piece.size();
    }
    pieces.resize(kept);
}

}  // namespace

FileSystem::FileSystem(RandomStream stream, uint64_t capacity_bytes)
    : stream_(stream),
      names_([this](Inode& inode) { freed(inode); }),
      capacity_bytes_(capacity_bytes) {}

Result<InodeRef> FileSystem::open(std::string_view path, const io::OpenOptions& options) {
    TRY(InodeRef inode, options.create ? names_.create_file(path) : names_.find(path));
    if (inode->is_directory)
        return fail(ErrorCode::io_failed, std::string(path) + " is a directory");
    ++inode->open_handles;
    if (options.truncate) truncate(*inode, 0);
    return inode;
}

void FileSystem::close(Inode& file) {
    CHECK(file.open_handles > 0);
    --file.open_handles;
    freed(file);
}

Result<size_t> FileSystem::read(const Inode& inode, uint64_t position, base::MutableBytes into,
                                Outcome outcome) {
    switch (outcome) {
    case Outcome::error: return fail(ErrorCode::io_failed, "injected read error");
    case Outcome::stale: return inode.file.read_stale(position, into, stream_);
    default: return inode.file.cached().read(position, into);
    }
}

Result<void> FileSystem::write(Inode& inode, FileWrite write, Outcome outcome) {
    StoredFile& file = inode.file;
    const uint64_t blocks_before = file.allocated_blocks();
    const bool fails = outcome == Outcome::error || outcome == Outcome::short_write;
    const uint64_t asked = total_bytes(write.pieces);
    if (write.position > kFileBytesMax - asked) return fail(ErrorCode::io_failed, "file too large");
    uint64_t reach = asked;
    const bool may_reach_all = outcome == Outcome::error || outcome == Outcome::interrupted;
    if (outcome == Outcome::short_write || (may_reach_all && stream_.chance(0.5))) {
        reach = std::min(asked, stream_.below(asked / kSectorBytes + 2) * kSectorBytes);
    }
    if (outcome == Outcome::misdirected) {
        write.position = stream_.below(blocks_for(file.cached().size()) + 1) * kBlockBytes;
    }
    const uint64_t room = bytes_with_room(file, write.position, reach);
    keep_first_bytes(write.pieces, room);

    if (outcome == Outcome::lost) {
        if (!write.direct) file.write_without_trace(write.position, write.pieces);
    } else {
        file.write(write.position, write.pieces);
        const bool completes = !fails && outcome != Outcome::interrupted && room == asked;
        if (write.data_sync && completes && asked > 0) file.write_through(write.position, asked);
    }
    changed(inode, blocks_before);
    if (room < reach) return fail(ErrorCode::disk_full);
    if (fails) return fail(ErrorCode::io_failed, "injected write error");
    return {};
}

Result<void> FileSystem::sync(Inode& inode, uint64_t upto_change, Outcome outcome) {
    if (outcome == Outcome::error) {
        inode.file.fail_sync(stream_);
        return fail(ErrorCode::io_failed, "injected sync error");
    }
    inode.file.sync(upto_change);
    return {};
}

void FileSystem::truncate(Inode& inode, uint64_t size_bytes) {
    const uint64_t blocks_before = inode.file.allocated_blocks();
    inode.file.truncate(size_bytes);
    changed(inode, blocks_before);
}

Result<void> FileSystem::allocate(Inode& inode, uint64_t size_bytes) {
    if (bytes_with_room(inode.file, 0, size_bytes) < size_bytes) return fail(ErrorCode::disk_full);
    const uint64_t blocks_before = inode.file.allocated_blocks();
    inode.file.allocate(size_bytes);
    changed(inode, blocks_before);
    return {};
}

void FileSystem::crash(Crash kind) {
    if (kind == Crash::power_cut) names_.power_cut(stream_);
    names_.for_each_file([&](const std::string&, Inode& inode) {
        inode.open_handles = 0;
        if (kind == Crash::power_cut) inode.file.power_cut(stream_);
    });
    recount();
}

io::DiskSpace FileSystem::space() const {
    return {.total_bytes = capacity_bytes_, .available_bytes = free_blocks() * kBlockBytes};
}

void FileSystem::damage(std::string_view path, const std::function<void(FileImage&)>& change) {
    const Result<InodeRef> inode = names_.find(path);
    CHECK(inode && !(*inode)->is_directory);
    const uint64_t blocks_before = (*inode)->file.allocated_blocks();
    (*inode)->file.damage(change);
    changed(**inode, blocks_before);
}

uint64_t FileSystem::free_blocks() const {
    const uint64_t capacity = capacity_bytes_ / kBlockBytes;
    return capacity > used_blocks_ ? capacity - used_blocks_ : 0;
}

uint64_t FileSystem::bytes_with_room(const StoredFile& file, uint64_t position,
                                     uint64_t size_bytes) const {
    uint64_t free = free_blocks();
    for (uint64_t block = position / kBlockBytes; block < blocks_for(position + size_bytes);
         ++block) {
        if (file.has_space_for(block)) continue;
        if (free == 0) return std::max(position, block * kBlockBytes) - position;
        --free;
    }
    return size_bytes;
}

void FileSystem::changed(const Inode& inode, uint64_t blocks_before) {
    used_blocks_ += inode.file.allocated_blocks() - blocks_before;
}

void FileSystem::freed(const Inode& inode) {
    if (!inode.named && inode.open_handles == 0) used_blocks_ -= inode.file.allocated_blocks();
}

void FileSystem::recount() {
    used_blocks_ = 0;
    names_.for_each_file([&](const std::string&, const Inode& inode) {
        used_blocks_ += inode.file.allocated_blocks();
    });
}

std::optional<std::string> cached_contents(const FileSystem& files, std::string_view path) {
    const Result<InodeRef> inode = files.names().find(path);
    if (!inode || (*inode)->is_directory) return std::nullopt;
    return (*inode)->file.cached().text();
}

std::optional<std::string> durable_contents(const FileSystem& files, std::string_view path) {
    const InodeRef inode = files.names().find_durable(path);
    if (!inode || inode->is_directory) return std::nullopt;
    return inode->file.durable().text();
}

std::vector<std::string> list_files(const FileSystem& files) {
    std::vector<std::string> paths;
    files.names().for_each_file(
        [&](const std::string& path, const Inode&) { paths.push_back(path); });
    return paths;
}

}  // namespace polylog::sim

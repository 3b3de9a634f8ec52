#include "log/wal_ring.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "log/retriable.h"
#include "log/wal_format.h"

namespace polylog::log {

using base::Buffer;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Slice;
using io::Task;

namespace {

// How long a full disk, or a process without descriptors, is left alone before another attempt to
// add a file.
constexpr base::Duration kRetryInterval = std::chrono::seconds(1);

// With so many the ring goes round: while one is filled, a checkpoint makes the other one free.
constexpr size_t kFilesMin = 2;

Task<Result<WalFileInfo>> inspect_file(io::Disk& disk, std::string path,
                                       base::Uuid data_directory_id) {
    WalFileInfo info{.path = path};
    CO_TRY(auto file, co_await disk.open(path, {.direct = true}));
    CO_TRY(info.size_bytes, co_await file->size());
    Buffer block = Buffer::allocate(kWalBlockBytes, io::kDirectAlignment);
    CO_TRY(Slice bytes, co_await file->read(0, std::move(block)));
    const auto header = decode_file_header(bytes.bytes());
    if (!header) co_return info;
    if (header->data_directory_id != data_directory_id) {
        co_return fail(ErrorCode::corrupt, fmt::format("{} belongs to another data directory ({})",
                                                       path, header->data_directory_id.to_hex()));
    }
    info.readable_header = true;
    info.first_sequence = header->first_sequence;
    info.lap = header->lap;
    info.file_bytes = header->file_bytes;
    co_return info;
}

}  // namespace

Task<Result<std::vector<WalFileInfo>>> list_wal_files(io::Disk& disk, WalOptions options) {
    std::vector<WalFileInfo> infos;
    auto entries = co_await disk.list(options.directory);
    if (!entries) {
        if (entries.error() == ErrorCode::not_found) co_return infos;
        co_return fail(entries.error());
    }
    for (const io::DirectoryEntry& entry : *entries) {
        if (entry.is_directory || !entry.name.ends_with(".wal")) continue;
        std::string path = options.directory + "/" + entry.name;
        CO_TRY(WalFileInfo info,
               co_await inspect_file(disk, std::move(path), options.data_directory_id));
        infos.push_back(std::move(info));
    }
    co_return infos;
}

WalRing::WalRing(io::Shard& shard, WalOptions options)
    : shard_(shard), options_(std::move(options)) {
    CHECK(options_.file_bytes % kWalBlockBytes == 0 && options_.file_bytes >= 4 * kWalBlockBytes);
}

Task<Result<void>> WalRing::open(WalSequence last) {
    io::Disk& disk = shard_.env().disk;
    CO_TRY_VOID(co_await disk.create_directories(options_.directory));
    // A crash may have come between adding a file and syncing its name.
    CO_TRY_VOID(co_await disk.sync_directory(options_.directory));
    CO_TRY(auto infos, co_await list_wal_files(disk, options_));
    for (WalFileInfo& info : infos) {
        auto file = std::make_unique<RingFile>();
        file->path = std::move(info.path);
        file->size_bytes = info.size_bytes;
        // A header whose groups begin beyond `last` was written, but its first group was torn. Such
        // sequences will be given again: no later replay may take this file for one that has them.
        const bool is_stale = info.readable_header && info.first_sequence > last;
        if (is_stale) CO_TRY_VOID(co_await erase_header(*file));
        file->free = !info.readable_header || is_stale;
        file->first = info.first_sequence;
        file->last = last;  // no more exact than needed: released together with the newest
        files_.push_back(std::move(file));
    }
    for (auto& file : files_) {
        if (!file->free && (!newest_ || file->first > newest_->first)) newest_ = file.get();
    }
    // A file ends where the next one in sequence begins.
    for (auto& file : files_) {
        for (const auto& other : files_) {
            if (!file->free && !other->free && other->first > file->first) {
                file->last = std::min(file->last, WalSequence{other->first.value - 1});
            }
        }
    }
    co_return {};
}

Task<Result<void>> WalRing::erase_header(RingFile& file) {
    CO_TRY_VOID(co_await open_file(file));
    Buffer block = Buffer::allocate(kWalBlockBytes, io::kDirectAlignment);
    std::memset(block.writable_data(), 0, block.size());
    std::vector<Slice> pieces;
    pieces.push_back(Slice(std::move(block)));
    CO_TRY_VOID(co_await file.file->write(0, std::move(pieces)));
    co_return co_await file.file->sync();
}

uint64_t WalRing::current_room_bytes() const {
    if (!current_) return 0;
    const uint64_t used = std::max<uint64_t>(position_ + kWalBlockBytes, kWalFileOverheadBytes);
    return current_->size_bytes > used ? current_->size_bytes - used : 0;
}

bool WalRoom::place(uint64_t group_bytes) {
    if (group_bytes > current_bytes_) {
        if (files_ == 0 || group_bytes > file_bytes_) return false;
        --files_;
        current_bytes_ = file_bytes_;
    }
    current_bytes_ -= group_bytes;
    return true;
}

WalRoom WalRing::room(Growth growth) const {
    uint64_t files = static_cast<uint64_t>(std::ranges::count_if(files_, [&](const auto& file) {
        return file->free && (is_whole(*file) || !disk_refuses_);
    }));
    files += files_to_add(growth);
    return {current_room_bytes(), options_.file_bytes - kWalFileOverheadBytes, files};
}

// Right after a crash every file may still be needed for replay, so one more is let in: without it
// nothing could ever be written, and so nothing released. It may be one above the bound already,
// when the process died again before its first checkpoint.
size_t WalRing::files_max() const {
    const size_t bound = options_.files_max;
    return starts_full() ? std::max(bound, files_.size() + 1) : bound;
}

bool WalRing::starts_full() const {
    return !current_ && std::ranges::none_of(files_, &RingFile::free);
}

size_t WalRing::files_to_add(Growth growth) const {
    if (disk_refuses_ || files_.size() >= files_max()) return 0;
    const size_t bound = files_max() - files_.size();
    if (growth == Growth::to_bound || !options_.budget) return bound;
    const size_t least = std::max(kFilesMin, files_.size() + (starts_full() ? 1 : 0));
    const uint64_t affordable = options_.budget->spare_bytes() / options_.file_bytes;
    return std::min<uint64_t>(bound, std::max<uint64_t>(affordable, least - files_.size()));
}

size_t WalRing::files_within_reach() const {
    return std::max(kFilesMin, files_.size() + files_to_add(Growth::within_budget));
}

// A file that a crash left shorter than it should be needs space on the disk.
bool WalRing::is_whole(const RingFile& file) const {
    return file.size_bytes >= options_.file_bytes;
}

WalRing::RingFile* WalRing::find_free() {
    RingFile* found = nullptr;
    for (auto& file : files_) {
        if (file->free && (!found || (is_whole(*file) && !is_whole(*found)))) found = file.get();
    }
    return found;
}

// A file that can be written to; null while there is none.
Task<Result<WalRing::RingFile*>> WalRing::take_free() {
    RingFile* const free = find_free();
    if (!free && files_.size() >= files_max()) co_return nullptr;
    const auto made = free ? co_await open_file(*free) : co_await add_file();
    disk_refuses_ = !made && is_retriable(made.error());
    if (disk_refuses_) co_return nullptr;
    if (!made) co_return fail(made.error());
    co_return free ? free : files_.back().get();
}

Task<Result<void>> WalRing::advance(WalSequence first) {
    CO_TRY(RingFile * next, co_await take_free());
    while (!next) {
        co_await released_.wait_until(shard_.now() + kRetryInterval);
        CO_TRY(next, co_await take_free());
    }
    next->free = false;
    next->first = first;
    next->last = first;
    next->lap = shard_.env().random.next();
    if (options_.mode == WalMode::durable) finished_ = current_;
    finished_position_ = position_;
    current_ = next;
    position_ = 0;
    co_return {};
}

Task<Result<void>> WalRing::add_file() {
    auto file = std::make_unique<RingFile>();
    file->path = fmt::format("{}/{:04}.wal", options_.directory, files_.size());
    file->free = true;
    CO_TRY_VOID(co_await open_file(*file));
    files_.push_back(std::move(file));
    co_return {};
}

Task<Result<void>> WalRing::open_file(RingFile& file) {
    const bool durable = options_.mode == WalMode::durable;
    io::Disk& disk = shard_.env().disk;
    if (!file.file) {
        const io::OpenOptions how{.write = true,
                                  .create = true,
                                  .direct = durable,
                                  .data_sync = durable};
        CO_TRY(file.file, co_await disk.open(file.path, how));
    }
    if (file.size_bytes >= options_.file_bytes) co_return {};
    if (options_.budget) options_.budget->claim(options_.file_bytes - file.size_bytes);
    // Blocks are reserved up front: a full disk is found here, before anything was accepted.
    CO_TRY_VOID(co_await file.file->allocate(options_.file_bytes));
    CO_TRY_VOID(co_await file.file->truncate(options_.file_bytes));
    CO_TRY_VOID(co_await file.file->sync());
    CO_TRY_VOID(co_await disk.sync_directory(options_.directory));
    file.size_bytes = options_.file_bytes;
    co_return {};
}

Task<Result<void>> WalRing::write(std::vector<Slice> pieces, uint64_t size_bytes,
                                  WalSequence last) {
    CHECK(current_ && size_bytes <= current_room_bytes());
    RingFile& file = *current_;
    const uint64_t position = position_;
    if (position == 0) {
        pieces.insert(pieces.begin(), file_header(file));
        size_bytes += kWalBlockBytes;
    }
    position_ = position + size_bytes;  // taken from here on, for room()
    CO_TRY_VOID(co_await file.file->write(position, std::move(pieces)));
    newest_ = current_;
    file.last = last;
    if (finished_) CO_TRY_VOID(co_await mark_finished(last));
    co_return {};
}

// Should the next file go missing, the claim that `next` is durable is found behind the last group.
Task<Result<void>> WalRing::mark_finished(WalSequence next) {
    RingFile& file = *std::exchange(finished_, nullptr);
    Buffer block = Buffer::allocate(kWalBlockBytes, io::kDirectAlignment);
    std::memset(block.writable_data(), 0, block.size());
    encode_group_header({.sequence = kWalFinished,
                         .durable_upto = next,
                         .data_directory_id = options_.data_directory_id,
                         .lap = file.lap},
                        block.writable());
    std::vector<Slice> pieces;
    pieces.push_back(Slice(std::move(block)));
    co_return co_await file.file->write(finished_position_, std::move(pieces));
}

Slice WalRing::file_header(const RingFile& file) const {
    Buffer block = Buffer::allocate(kWalBlockBytes, io::kDirectAlignment);
    std::memset(block.writable_data(), 0, block.size());
    encode_file_header({.data_directory_id = options_.data_directory_id,
                        .first_sequence = file.first,
                        .file_bytes = file.size_bytes,
                        .lap = file.lap},
                       block.writable());
    return Slice(std::move(block));
}

void WalRing::release(WalSequence upto) {
    for (auto& file : files_) {
        const bool is_needed = file.get() == current_ || file.get() == newest_;
        if (!is_needed && !file->free && file->last <= upto) file->free = true;
    }
    disk_refuses_ = false;
    released_.notify_all();
}

uint32_t WalRing::used_files() const {
    return static_cast<uint32_t>(
        std::ranges::count_if(files_, [](const auto& file) { return !file->free; }));
}

uint64_t WalRing::disk_bytes() const {
    uint64_t bytes = 0;
    for (const auto& file : files_) bytes += file->size_bytes;
    return bytes;
}

}  // namespace polylog::log

#include "log/wal_ring.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "log/wal_format.h"

namespace polylog::log {

using base::Buffer;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Slice;
using io::Task;

namespace {

// How long a full disk is left alone before another attempt to prepare a file.
constexpr base::Duration kRetryInterval = std::chrono::seconds(1);

// Of a file's size: a new ring's first file, and how much of a file is written before the next one
// is prepared. With that much left the next is ready in time even while the disk is busy, and a
// ring that is hardly used stays as small as it is.
constexpr uint64_t kFirstFileShare = 8;
constexpr uint64_t kPrepareAtShare = 64;

constexpr size_t kFillBytes = size_t{1} << 20;

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
        file->use = Use::used;
        if (!info.readable_header || is_stale) set_unused(*file);
        file->first = info.first_sequence;
        file->last = last;  // no more exact than needed: released together with the newest
        files_.push_back(std::move(file));
    }
    for (auto& file : files_) {
        if (file->use == Use::used && (!newest_ || file->first > newest_->first))
            newest_ = file.get();
    }
    // A file ends where the next one in sequence begins.
    for (auto& file : files_) {
        for (const auto& other : files_) {
            const bool both_used = file->use == Use::used && other->use == Use::used;
            if (both_used && other->first > file->first) {
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

WalRoom WalRing::room() const {
    const uint64_t file_bytes = options_.file_bytes - kWalFileOverheadBytes;
    if (files_.empty()) {
        return {first_file_bytes() - kWalFileOverheadBytes, file_bytes, files_max() - 1};
    }
    uint64_t files = count(Use::free) + count(Use::preparing);
    if (!disk_refuses_) {
        files += count(Use::incomplete);
        if (files_.size() < files_max()) files += files_max() - files_.size();
    }
    return {current_room_bytes(), file_bytes, files};
}

// Right after a crash every file may still be needed for replay, so one above the bound is let in:
// without it nothing could ever be written, and so nothing released.
size_t WalRing::files_max() const {
    return options_.files_max + (current_ || files_.empty() ? 0u : 1u);
}

uint64_t WalRing::first_file_bytes() const {
    const uint64_t blocks = options_.file_bytes / kFirstFileShare / kWalBlockBytes;
    return std::max<uint64_t>(blocks, 4) * kWalBlockBytes;
}

WalRing::RingFile* WalRing::find(Use use) const {
    const auto found = std::ranges::find(files_, use, [](const auto& file) { return file->use; });
    return found == files_.end() ? nullptr : found->get();
}

uint64_t WalRing::count(Use use) const {
    return static_cast<uint64_t>(
        std::ranges::count(files_, use, [](const auto& file) { return file->use; }));
}

void WalRing::set_unused(RingFile& file) {
    file.use = file.size_bytes < options_.file_bytes ? Use::incomplete : Use::free;
}

Task<Result<void>> WalRing::advance(WalSequence first) {
    RingFile* next = find(Use::free);
    while (!next) {
        prepare_next();
        const bool must_wait = !find(Use::free) && !failed_;
        if (must_wait) co_await changed_.wait_until(shard_.now() + kRetryInterval);
        if (failed_) co_return fail(*failed_);
        next = find(Use::free);
    }
    next->use = Use::used;
    next->first = first;
    next->last = first;
    next->lap = shard_.env().random.next();
    if (options_.mode == WalMode::durable && position_ > 0) {
        finished_ = current_;
        finished_position_ = position_;
    }
    current_ = next;
    position_ = 0;
    co_return co_await open_file(*next);
}

// Preparing

// Nothing happens while a file is being prepared, or when the ring must not grow.
void WalRing::prepare_next() {
    if (find(Use::preparing)) return;
    const uint64_t size_bytes = files_.empty() ? first_file_bytes() : options_.file_bytes;
    RingFile* file = find(Use::incomplete);
    if (!file) {
        if (files_.size() >= files_max()) return;
        file = files_.emplace_back(std::make_unique<RingFile>()).get();
        file->path = fmt::format("{}/{:04}.wal", options_.directory, files_.size() - 1);
    }
    file->use = Use::preparing;
    preparing_.spawn(prepare(*file, size_bytes));
}

Task<void> WalRing::prepare(RingFile& file, uint64_t size_bytes) {
    const auto extended = co_await extend(file, size_bytes);
    disk_refuses_ = !extended && extended.error() == ErrorCode::disk_full;
    file.use = extended ? Use::free : Use::incomplete;
    if (!extended && !disk_refuses_) failed_ = extended.error();
    changed_.notify_all();
}

Task<Result<void>> WalRing::extend(RingFile& file, uint64_t size_bytes) {
    CO_TRY_VOID(co_await open_file(file));
    // Blocks are reserved up front: a full disk is found here, before anything was accepted.
    CO_TRY_VOID(co_await file.file->allocate(size_bytes));
    const bool is_first = size_bytes < options_.file_bytes;
    if (options_.mode == WalMode::durable && !is_first) {
        CO_TRY_VOID(co_await fill(file, size_bytes));
    } else {
        CO_TRY_VOID(co_await file.file->truncate(size_bytes));
        CO_TRY_VOID(co_await file.file->sync());
    }
    CO_TRY_VOID(co_await shard_.env().disk.sync_directory(options_.directory));
    file.size_bytes = size_bytes;
    co_return {};
}

// Writes zeros behind what the file holds, so that its size tells how far it has been filled.
// coroutine-safe: the file is the ring's, and so is the task that prepares it
Task<Result<void>> WalRing::fill(const RingFile& file, uint64_t size_bytes) {
    // Not through the ring's own handle, which would sync every piece.
    CO_TRY(const auto filled,
           co_await shard_.env().disk.open(file.path, {.write = true, .direct = true}));
    Buffer zeros = Buffer::allocate(kFillBytes, io::kDirectAlignment);
    std::memset(zeros.writable_data(), 0, zeros.size());
    const Slice piece(std::move(zeros));
    uint64_t position = file.size_bytes / kWalBlockBytes * kWalBlockBytes;
    while (position < size_bytes) {
        const uint64_t length = std::min<uint64_t>(piece.size(), size_bytes - position);
        std::vector<Slice> pieces;
        pieces.push_back(piece.part(0, length));
        CO_TRY_VOID(co_await filled->write(position, std::move(pieces)));
        position += length;
    }
    co_return co_await filled->sync();
}

Task<Result<void>> WalRing::open_file(RingFile& file) {
    if (file.file) co_return {};
    const bool durable = options_.mode == WalMode::durable;
    const io::OpenOptions how{.write = true,
                              .create = true,
                              .direct = durable,
                              .data_sync = durable};
    CO_TRY(file.file, co_await shard_.env().disk.open(file.path, how));
    co_return {};
}

// Writing

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
    const bool has_just_begun = position_ < options_.file_bytes / kPrepareAtShare;
    if (!find(Use::free) && !has_just_begun && !disk_refuses_) prepare_next();
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
        if (!is_needed && file->use == Use::used && file->last <= upto) set_unused(*file);
    }
    disk_refuses_ = false;
    changed_.notify_all();
}

uint32_t WalRing::used_files() const {
    return static_cast<uint32_t>(count(Use::used));
}

uint64_t WalRing::disk_bytes() const {
    uint64_t bytes = 0;
    for (const auto& file : files_) bytes += file->size_bytes;
    return bytes;
}

}  // namespace polylog::log

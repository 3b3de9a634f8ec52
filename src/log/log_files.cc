#include "log/log_files.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "log/batch_scan.h"
#include "log/index_file.h"
#include "log/log_directory.h"
#include "log/storage_context.h"

namespace polylog::log {

using base::Buffer;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Slice;
using io::Task;
using model::BatchView;
using model::Offset;
using SegmentPointer = SegmentList::Pointer;
using FilePointer = std::shared_ptr<io::File>;

namespace {

constexpr uint32_t kBlock = io::kDirectAlignment;
// Small segments grow block by block; larger ones reserve ahead, as much again as they hold.
constexpr uint32_t kReserveMin = 64 << 10;
constexpr uint32_t kReserveMax = 32 << 20;

// Twice what a segment of 2 GiB can have.
constexpr uint64_t kIndexFileMax = 2 << 20;

constexpr uint32_t round_down(uint32_t bytes) {
    return bytes / kBlock * kBlock;
}
constexpr uint32_t round_up(uint32_t bytes) {
    return round_down(bytes + kBlock - 1);
}

// Where the batch that holds `offset` begins in the segment; the segment's size for what lies
// behind it.
uint32_t position_of(const LogState& state, const Segment& segment, Offset offset) {
    if (offset >= state.segments.end_of(segment, state.end)) return segment.size_bytes;
    return state.tail[state.tail.find(offset)].position;
}

std::string epoch_checkpoint(const EpochHistory& epochs) {
    std::string text = fmt::format("0\n{}\n", epochs.entries().size());
    for (const EpochHistory::Entry& entry : epochs.entries()) {
        text += fmt::format("{} {}\n", entry.epoch.value, entry.start.value);
    }
    return text;
}

}  // namespace

LogFiles::LogFiles(LogState& state, StorageContext& context)
    : state_(state), context_(context), directory_(log_directory(state.id, state.topic_name)) {}

std::string LogFiles::path(const Segment& segment) const {
    return segment_path(directory_, segment.base, "log");
}

Task<Result<FilePointer>> LogFiles::reader(SegmentPointer segment) {
    const bool was_open = segment->reader.is_open();
    auto file = co_await context_.files.open(segment->reader, path(*segment), {});
    if (!file && file.error() == ErrorCode::not_found) {
        co_return fail(ErrorCode::damaged, fmt::format("{} is missing", path(*segment)));
    }
    if (file && !was_open) CO_TRY_VOID(co_await check_size(*file, segment));
    co_return file;
}

Task<Result<FilePointer>> LogFiles::writer(SegmentPointer segment) {
    // A file that this segment has never been written to is a leftover.
    const bool is_new = segment->written_bytes == 0;
    const bool was_open = segment->writer.is_open();
    if (is_new) CO_TRY_VOID(co_await make_directory());
    const io::OpenOptions how{.write = true, .create = is_new, .truncate = is_new, .direct = true};
    CO_TRY(FilePointer file, co_await context_.files.open(segment->writer, path(*segment), how));
    if (was_open) co_return file;
    if (is_new) {
        ++context_.statistics.segments_begun;
        context_.unsynced_directories.insert(directory_);
    } else {
        CO_TRY_VOID(co_await check_size(file, segment));
    }
    co_return file;
}

Task<Result<void>> LogFiles::check_size(FilePointer file, SegmentPointer segment) {
    const uint32_t expected = segment->written_bytes;
    CO_TRY(const uint64_t size_bytes, co_await file->size());
    if (size_bytes >= expected) co_return {};
    co_return fail(ErrorCode::damaged, fmt::format("{} is {} bytes long, but {} had been written",
                                                   path(*segment), size_bytes, expected));
}

Task<Result<void>> LogFiles::make_directory() {
    if (directory_made_) co_return {};
    CO_TRY_VOID(co_await context_.disk().create_directories(directory_));
    directory_made_ = true;
    // The name of each directory is an entry in the one above.
    for (size_t slash = directory_.rfind('/'); slash != std::string::npos && slash > 0;
         slash = directory_.rfind('/', slash - 1)) {
        context_.unsynced_directories.insert(directory_.substr(0, slash));
    }
    context_.unsynced_directories.insert(".");
    co_return {};
}

// Writing

Task<Result<void>> LogFiles::flush(Offset upto, FlushDemand demand) {
    while (state_.flushed_end < std::min(upto, state_.writable_end())) {
        SegmentPointer segment = state_.segments.find(state_.flushed_end);
        CO_TRY(const bool wrote, co_await write_piece(std::move(segment), upto, demand));
        if (!wrote) break;
    }
    co_return co_await finish_full_segments();
}

// Writes the next piece of the segment; false when there is nothing to write.
Task<Result<bool>> LogFiles::write_piece(SegmentPointer segment, Offset upto, FlushDemand demand) {
    const uint32_t begin = round_down(segment->written_bytes);
    const uint32_t wanted = position_of(state_, *segment, std::min(upto, state_.writable_end()));
    const bool ends_here = demand == FlushDemand::everything ||
                           (segment != state_.segments.active() && wanted == segment->size_bytes);
    const auto piece = static_cast<uint32_t>(context_.staging.buffer_bytes());
    const uint32_t until = std::min(ends_here ? wanted : round_down(wanted), begin + piece);
    if (until <= segment->written_bytes) co_return false;

    CO_TRY(FilePointer file, co_await writer(segment));
    CO_TRY_VOID(co_await reserve(segment, file, round_up(until)));
    CO_TRY(Buffer staging, co_await fill(segment, file, until));
    std::vector<Slice> pieces;
    pieces.push_back(Slice(staging, staging.bytes().first(round_up(until) - begin)));
    CO_TRY_VOID(co_await file->write(begin, std::move(pieces)));
    context_.staging.give_back(std::move(staging));

    ++context_.statistics.flushes;
    context_.statistics.flushed_bytes += until - segment->written_bytes;
    state_.wrote(*segment, until);
    co_return true;
}

// A copy of the segment's bytes up to `until`, from the beginning of the block where writing goes
// on, padded with zeros to whole blocks.
Task<Result<Buffer>> LogFiles::fill(SegmentPointer segment, FilePointer file, uint32_t until) {
    Buffer staging = context_.staging.take();
    std::byte* const into = staging.writable_data();
    const uint32_t written = segment->written_bytes;
    const uint32_t begin = round_down(written);
    const Tail& tail = state_.tail;
    const auto in_segment = [&](size_t i) { return tail[i].base >= segment->base; };
    size_t first = tail.find(state_.flushed_end);
    while (first > 0 && tail[first].position > begin && in_segment(first - 1)) --first;

    // The beginning of the block has left memory: take it from the file.
    uint32_t filled = begin;
    if (tail[first].position > begin) {
        Buffer block = Buffer::allocate(kBlock, io::kDirectAlignment);
        CO_TRY(const Slice bytes, co_await file->read(begin, std::move(block)));
        if (bytes.size() < written - begin) {
            co_return fail(ErrorCode::damaged,
                           fmt::format("{} ends before {}, which had been written", path(*segment),
                                       written));
        }
        std::memcpy(into, bytes.data(), written - begin);
        filled = written;
        first = tail.find(state_.flushed_end);
    }
    for (size_t i = first; filled < until; ++i) {
        CHECK(i < tail.size() && tail[i].position <= filled);
        const TailBatch& batch = tail[i];
        const uint32_t skip = filled - batch.position;
        const auto take = static_cast<uint32_t>(
            std::min<size_t>(batch.bytes.size() - skip, until - filled));
        std::memcpy(into + (filled - begin), batch.bytes.data() + skip, take);
        filled += take;
    }
    std::memset(into + (until - begin), 0, round_up(until) - until);
    co_return staging;
}

// Reserves room ahead of what is written, so that a growing file stays in few extents; nothing
// ahead where the disk is short.
Task<Result<void>> LogFiles::reserve(SegmentPointer segment, FilePointer file, uint32_t until) {
    if (until <= segment->allocated_bytes) co_return {};
    if (until < kReserveMin) co_return {};
    const auto segment_bytes = static_cast<uint32_t>(state_.config->segment_bytes);
    const auto spare = static_cast<uint32_t>(
        std::min<uint64_t>(context_.budget.spare_bytes(), kReserveMax));
    const uint32_t wanted = std::clamp(until, kReserveMin, kReserveMax);
    const uint32_t ahead = until + std::min(wanted, round_down(spare));
    const uint32_t target = std::max(until, std::min(ahead, round_down(segment_bytes)));
    context_.budget.claim(target - until);
    CO_TRY_VOID(co_await file->allocate(target));
    segment->allocated_bytes = target;
    co_return {};
}

Task<Result<void>> LogFiles::finish_full_segments() {
    if (context_.replaying) co_return {};
    const std::vector<SegmentPointer> segments = state_.segments.all();
    size_t full = segments.size() - 1;
    while (full > 0 && !segments[full - 1]->finished) --full;
    for (size_t i = full; i + 1 < segments.size(); ++i) {
        if (segments[i]->written_bytes < segments[i]->size_bytes) break;
        CO_TRY_VOID(co_await finish(segments[i]));
        context_.indexes.used(*segments[i]);
    }
    co_return {};
}

// Cuts the file to the segment's size and writes the indexes.
Task<Result<void>> LogFiles::finish(SegmentPointer segment) {
    CO_TRY(FilePointer file, co_await writer(segment));
    state_.mark_unsynced(*segment);
    CO_TRY_VOID(co_await file->truncate(segment->size_bytes));
    segment->allocated_bytes = segment->size_bytes;
    CO_TRY_VOID(co_await load_indexes(segment));
    Buffer offsets = encode_index(segment->offsets, segment->size_bytes);
    Buffer times = encode_index(segment->times, segment->size_bytes);
    const Offset base = segment->base;
    CO_TRY_VOID(co_await write_file(segment_path(directory_, base, "index"), std::move(offsets)));
    CO_TRY_VOID(co_await write_file(segment_path(directory_, base, "timeindex"), std::move(times)));
    CO_TRY_VOID(
        co_await write_file(directory_ + "/leader-epoch-checkpoint",
                            Buffer::copy_of(base::as_bytes(epoch_checkpoint(state_.epochs)))));
    segment->finished = true;
    co_return {};
}

Task<Result<void>> LogFiles::finish_all() {
    CO_TRY_VOID(co_await finish_full_segments());
    SegmentPointer active = state_.segments.active();
    if (active->size_bytes == 0 || active->finished) co_return {};
    co_return co_await finish(std::move(active));
}

Task<Result<void>> LogFiles::sync() {
    // What is written from here on needs another sync.
    state_.unsynced = false;
    const std::vector<SegmentPointer> segments = state_.segments.all();
    for (const SegmentPointer& segment : segments) {
        if (!segment->unsynced) continue;
        auto file = co_await writer(segment);
        if (!file) {
            state_.unsynced = true;
            co_return fail(std::move(file).error());
        }
        segment->unsynced = false;
        CO_TRY_VOID(co_await (*file)->sync());
        ++context_.statistics.segment_syncs;
    }
    co_return {};
}

// Deleting

Task<Result<void>> LogFiles::cut(std::vector<SegmentPointer> removed) {
    CO_TRY_VOID(co_await remove(std::move(removed)));
    SegmentPointer active = state_.segments.active();
    IndexCache::reopened(*active);
    CO_TRY_VOID(co_await remove_if_there(segment_path(directory_, active->base, "index")));
    CO_TRY_VOID(co_await remove_if_there(segment_path(directory_, active->base, "timeindex")));
    if (active->written_bytes == 0) {
        active->reader.close();
        active->writer.close();
        co_return co_await remove_if_there(path(*active));
    }
    CO_TRY(FilePointer file, co_await writer(active));
    state_.mark_unsynced(*active);
    active->allocated_bytes = active->written_bytes;
    co_return co_await file->truncate(active->written_bytes);
}

Task<Result<void>> LogFiles::remove(std::vector<SegmentPointer> removed) {
    for (const SegmentPointer& segment : removed) {
        segment->reader.close();
        segment->writer.close();
        CO_TRY_VOID(co_await remove_segment_files(segment->base));
        ++context_.statistics.segments_deleted;
    }
    if (!removed.empty()) context_.unsynced_directories.insert(directory_);
    co_return {};
}

Task<Result<void>> LogFiles::remove_segment_files(Offset base) {
    CO_TRY_VOID(co_await remove_if_there(segment_path(directory_, base, "log")));
    CO_TRY_VOID(co_await remove_if_there(segment_path(directory_, base, "index")));
    co_return co_await remove_if_there(segment_path(directory_, base, "timeindex"));
}

Task<Result<void>> LogFiles::remove_if_there(std::string path) {
    auto removed = co_await context_.disk().remove(std::move(path));
    if (!removed && removed.error() == ErrorCode::not_found) co_return {};
    co_return removed;
}

Task<Result<void>> LogFiles::remove_all() {
    for (const SegmentPointer& segment : std::vector(state_.segments.all())) {
        segment->reader.close();
        segment->writer.close();
    }
    const auto entries = co_await context_.disk().list(directory_);
    if (!entries && entries.error() != ErrorCode::not_found) co_return fail(entries.error());
    if (entries) {
        for (const io::DirectoryEntry& entry : *entries) {
            CO_TRY_VOID(co_await remove_if_there(directory_ + "/" + entry.name));
        }
        CO_TRY_VOID(co_await remove_if_there(directory_));
    }
    context_.unsynced_directories.erase(directory_);
    co_return co_await remove_topic_directory();
}

// The topic's own directory goes with its last partition; which one that is may be decided on
// another shard at the same time. Done again after a crash: it may have come before this.
Task<Result<void>> LogFiles::remove_topic_directory() {
    const std::string topic = directory_.substr(0, directory_.rfind('/'));
    const auto synced = co_await context_.disk().sync_directory(topic);
    if (!synced && synced.error() == ErrorCode::not_found) co_return {};
    CO_TRY_VOID(synced);
    const auto others = co_await context_.disk().list(topic);
    if (!others || !others->empty()) co_return {};
    if (!co_await context_.disk().remove(topic)) co_return {};
    context_.unsynced_directories.erase(topic);
    co_return co_await context_.disk().sync_directory(std::string(kTopicsDirectory));
}

Task<Result<void>> LogFiles::check_length() {
    for (const SegmentPointer& segment : std::vector(state_.segments.all())) {
        const bool last = state_.segments.end_of(*segment, state_.end) == state_.end;
        if (!last || segment->written_bytes == 0) continue;
        CO_TRY_VOID(co_await reader(segment));
    }
    co_return {};
}

Task<Result<void>> LogFiles::tidy() {
    auto entries = co_await context_.disk().list(directory_);
    if (!entries && entries.error() == ErrorCode::not_found) co_return {};
    if (!entries) co_return fail(entries.error());
    for (const io::DirectoryEntry& entry : *entries) {
        const auto base = parse_segment_name(entry.name);
        if (!base) continue;
        const auto& segments = state_.segments.all();
        const bool known = std::ranges::any_of(segments, [&](const SegmentPointer& segment) {
            return segment->base == *base && segment->written_bytes > 0;
        });
        if (!known) CO_TRY_VOID(co_await remove_if_there(directory_ + "/" + entry.name));
    }
    SegmentPointer active = state_.segments.active();
    if (active->written_bytes == 0) co_return {};
    CO_TRY(FilePointer file, co_await writer(active));
    state_.mark_unsynced(*active);
    co_return co_await file->truncate(active->written_bytes);
}

// Indexes

Task<Result<void>> LogFiles::write_file(std::string path, Buffer contents) {
    const io::OpenOptions how{.write = true, .create = true, .truncate = true};
    CO_TRY(const auto file, co_await context_.disk().open(std::move(path), how));
    std::vector<Slice> pieces;
    pieces.push_back(Slice(std::move(contents)));
    co_return co_await file->write(0, std::move(pieces));
}

Task<Result<Slice>> LogFiles::read_file(std::string path) {
    CO_TRY(const auto file, co_await context_.disk().open(std::move(path), {}));
    CO_TRY(const uint64_t size_bytes, co_await file->size());
    if (size_bytes > kIndexFileMax) co_return fail(ErrorCode::corrupt);
    co_return co_await file->read(0, Buffer::allocate(size_bytes));
}

Task<Result<void>> LogFiles::load_indexes(SegmentPointer segment) {
    const uint32_t covered = segment->indexed_from;
    if (covered == 0) co_return {};
    auto offsets_file = co_await read_file(segment_path(directory_, segment->base, "index"));
    auto times_file = co_await read_file(segment_path(directory_, segment->base, "timeindex"));
    if (offsets_file && times_file) {
        const auto offsets = decode_offset_index(offsets_file->bytes(), covered);
        const auto times = decode_time_index(times_file->bytes(), covered);
        if (offsets && times) {
            // Somebody else may have loaded them, or cut the segment, in the meantime.
            if (segment->indexed_from != covered)
                co_return co_await load_indexes(std::move(segment));
            segment->offsets.prepend(*offsets);
            segment->times.prepend(*times);
            segment->indexed_from = 0;
            co_return {};
        }
    }
    co_return co_await rebuild_indexes(std::move(segment));
}

Task<Result<void>> LogFiles::rebuild_indexes(SegmentPointer segment) {
    CO_TRY(FilePointer file, co_await reader(segment));
    const uint32_t interval = index_interval_bytes(*state_.config);
    const uint64_t cuts = state_.cuts;
    Segment rebuilt(segment->base);
    Offset next = segment->base;
    // Batches may leave the tail for the file while this goes on.
    while (rebuilt.size_bytes < state_.file_end(*segment)) {
        BatchScan scan(file, path(*segment),
                       {.position = rebuilt.size_bytes,
                        .end = state_.file_end(*segment),
                        .next = next},
                       context_.options.read_ahead_bytes);
        for (;;) {
            CO_TRY(const std::optional<BatchView> batch, co_await scan.next());
            if (!batch) break;
            rebuilt.add(*batch, interval);
            next = batch->next_offset();
        }
        if (!state_.segments.contains(*segment)) {
            co_return fail(ErrorCode::offset_out_of_range, "deleted");
        }
        if (state_.cuts != cuts) co_return co_await rebuild_indexes(std::move(segment));
    }
    const Offset end = state_.segments.end_of(*segment, state_.end);
    for (size_t i = state_.tail.find(std::max(next, state_.tail.begin())); next < end; ++i) {
        rebuilt.add(BatchView(state_.tail[i].bytes.bytes()), interval);
        next = {state_.tail[i].last.value + 1};
    }
    segment->take_indexes(std::move(rebuilt));
    ++context_.statistics.indexes_rebuilt;
    co_return {};
}

}  // namespace polylog::log

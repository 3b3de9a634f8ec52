#include "log/write_ahead_log.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/crc32c.h"
#include "log/wal_format.h"

namespace polylog::log {

using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Slice;
using io::Task;

namespace {

// How long the log is idle before it is sealed. Until then, losing the last write to a flipped bit
// looks like a torn tail; much shorter would double the writes of a slow producer.
constexpr base::Duration kSealAfter = std::chrono::milliseconds(50);

// Kept back from batches, so that deletes and truncations still work on a full ring: a sixteenth of
// a file.
constexpr uint64_t kReserveShare = 16;

void finish_header(WalGroups::Group& group, WalSequence durable_upto,
                   const base::Uuid& data_directory_id, uint64_t lap) {
    const base::MutableBytes bytes = group.slab.writable().subspan(group.begin,
                                                                   group.padded_bytes());
    const base::Bytes payload = bytes.subspan(kWalGroupHeaderBytes, group.payload_bytes);
    encode_group_header({.sequence = group.sequence,
                         .durable_upto = durable_upto,
                         .data_directory_id = data_directory_id,
                         .payload_bytes = group.payload_bytes,
                         .payload_crc = base::crc32c(payload),
                         .entry_count = group.entry_count,
                         .lap = lap},
                        bytes);
}

}  // namespace

Task<Result<std::unique_ptr<WriteAheadLog>>> WriteAheadLog::open(io::Shard& shard,
                                                                 WalOptions options,
                                                                 WalSequence last,
                                                                 OnCommit on_commit) {
    auto wal = std::make_unique<WriteAheadLog>(shard, std::move(options), last,
                                               std::move(on_commit));
    CO_TRY_VOID(co_await wal->ring_.open(last));
    wal->scope_.spawn(wal->write_loop());
    co_return wal;
}

WriteAheadLog::WriteAheadLog(io::Shard& shard, WalOptions options, WalSequence last,
                             OnCommit on_commit)
    : shard_(shard),
      options_(std::move(options)),
      on_commit_(std::move(on_commit)),
      groups_(options_.slab_bytes, options_.file_bytes - kWalFileOverheadBytes, last),
      ring_(shard, options_),
      committed_(last) {}

Result<WalPlace> WriteAheadLog::append(const WalEntryHeader& header, base::Bytes payload) {
    if (failed_) return fail(*failed_);
    const size_t entry_bytes = wal_entry_bytes(payload.size());
    if (round_up_to_block(kWalGroupHeaderBytes + entry_bytes) >
        options_.file_bytes - kWalFileOverheadBytes) {
        return fail(ErrorCode::message_too_large,
                    fmt::format("{} bytes do not fit a write-ahead log file of {}", payload.size(),
                                options_.file_bytes));
    }
    const bool may_use_reserve = header.kind != WalEntryKind::append;
    const uint64_t reserve = may_use_reserve ? 0 : options_.file_bytes / kReserveShare;
    const auto growth = may_use_reserve ? WalRing::Growth::to_bound
                                        : WalRing::Growth::within_budget;
    if (!has_room(entry_bytes, reserve, growth)) {
        return fail(ErrorCode::disk_full,
                    fmt::format("the write-ahead log has no room: its {} files of {} bytes are in "
                                "use, and the disk has no room for another or {} are the most",
                                ring_.used_files(), options_.file_bytes, options_.files_max));
    }
    WalPlace place = groups_.append(header, payload);
    work_.notify_all();
    return place;
}

// Everything accepted must be sure of a place: a checkpoint waits for it, and only a checkpoint
// makes more room.
bool WriteAheadLog::has_room(size_t entry_bytes, uint64_t reserve_bytes,
                             WalRing::Growth growth) const {
    WalRoom room = ring_.room(growth);
    for (const WalGroups::Group& group : groups_.closed()) {
        if (!room.place(group.padded_bytes())) return false;
    }
    const auto joined_bytes = groups_.open_bytes_with(entry_bytes);
    const uint64_t open_bytes = joined_bytes.value_or(groups_.open_bytes());
    if (open_bytes > 0 && !room.place(open_bytes)) return false;
    const uint64_t group_bytes = round_up_to_block(kWalGroupHeaderBytes + entry_bytes);
    if (!joined_bytes && !room.place(group_bytes)) return false;
    return room.left_bytes() >= reserve_bytes;
}

WalSequence WriteAheadLog::cut() {
    groups_.close_open();
    return {groups_.open_sequence().value - 1};
}

void WriteAheadLog::release(WalSequence upto) {
    ring_.release(upto);
}

WriteAheadLog::Usage WriteAheadLog::usage() const {
    return {.uncommitted_bytes = groups_.pending_bytes(),
            .disk_bytes = ring_.disk_bytes(),
            .used_files = ring_.used_files(),
            .files_max = options_.files_max};
}

// One write after another; what arrives meanwhile is the next write.
Task<void> WriteAheadLog::write_loop() {
    for (;;) {
        while (groups_.empty()) co_await work_.wait();
        co_await io::end_of_turn();
        groups_.close_open();
        seal_timer_.disarm();
        writing_ = true;
        auto written = co_await write_groups();
        writing_ = false;
        if (!written) {
            give_up(std::move(written).error());
            co_return;
        }
        progress_.notify_all();
        on_commit_(committed_);
        seal_when_idle();
    }
}

// Writes the oldest closed groups: as many as one write takes and the current file still holds.
Task<Result<void>> WriteAheadLog::write_groups() {
    const uint64_t first_bytes = groups_.closed().front().padded_bytes();
    if (first_bytes > ring_.current_room_bytes()) {
        const WalSequence first = groups_.closed().front().sequence;
        CO_TRY_VOID(co_await ring_.advance(first));
    }
    const uint64_t room = std::min<uint64_t>(ring_.current_room_bytes(),
                                             std::max<uint64_t>(first_bytes,
                                                                options_.write_bytes_max));
    const WalSequence durable_upto = options_.mode == WalMode::durable ? committed_
                                                                       : WalSequence{0};
    std::vector<Slice> pieces;
    uint64_t size_bytes = 0;
    WalSequence last = committed_;
    bool only_seal = true;
    while (!groups_.closed().empty() &&
           size_bytes + groups_.closed().front().padded_bytes() <= room) {
        WalGroups::Group group = groups_.take();
        finish_header(group, durable_upto, options_.data_directory_id, ring_.lap());
        size_bytes += group.padded_bytes();
        last = group.sequence;
        only_seal = only_seal && group.entry_count == 0;
        pieces.push_back(
            Slice(group.slab, group.slab.bytes().subspan(group.begin, group.padded_bytes())));
    }
    CO_TRY_VOID(co_await ring_.write(std::move(pieces), size_bytes, last));
    committed_ = last;
    sealed_ = only_seal;
    co_return {};
}

void WriteAheadLog::seal_when_idle() {
    if (sealed_ || options_.mode != WalMode::durable || !groups_.empty()) return;
    seal_timer_.arm(shard_.now() + kSealAfter, [this] {
        // A full ring has no room for a seal; the next group will do as well.
        if (!groups_.empty() || !has_room(0, 0, WalRing::Growth::within_budget)) return;
        groups_.add_seal();
        work_.notify_all();
    });
}

void WriteAheadLog::give_up(Error error) {
    failed_ = error;
    progress_.notify_all();
    on_commit_(fail(std::move(error)));
}

Task<Result<void>> WriteAheadLog::close() {
    if (!failed_ && groups_.empty() && !writing_ && !sealed_ && options_.mode == WalMode::durable &&
        has_room(0, 0, WalRing::Growth::within_budget)) {
        groups_.add_seal();
        work_.notify_all();
    }
    while (!failed_ && (writing_ || !groups_.empty())) co_await progress_.wait();
    seal_timer_.disarm();
    const std::optional<Error> failure = failed_;
    failed_ = Error(ErrorCode::closed);
    scope_.destroy_all();
    if (failure) co_return fail(*failure);
    co_return {};
}

}  // namespace polylog::log

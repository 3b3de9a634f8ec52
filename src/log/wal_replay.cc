#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "base/crc32c.h"
#include "log/wal_format.h"
#include "log/write_ahead_log.h"

// Reading a ring back: walks the groups in sequence, then asks whether the place where they end is
// a torn tail or damage. docs/formats/write-ahead-log.md, "Reading back".
namespace polylog::log {

using base::Buffer;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Slice;
using io::Task;

namespace {

// Reads one file in large pieces; `at` keeps the last piece.
class WalFileReader {
public:
    WalFileReader(std::unique_ptr<io::File> file, uint64_t size_bytes, size_t window_bytes)
        : file_(std::move(file)), size_bytes_(size_bytes), window_bytes_(window_bytes) {}

    uint64_t size_bytes() const { return size_bytes_; }

    // The bytes [position, position + size_bytes); position is a multiple of the block size.
    // Shorter where the file ends.
    Task<Result<Slice>> at(uint64_t position, uint64_t size_bytes) {
        if (position >= size_bytes_) co_return Slice();
        size_bytes = std::min(size_bytes, size_bytes_ - position);
        if (position < window_begin_ || position + size_bytes > window_begin_ + window_.size()) {
            const uint64_t wanted = round_up_to_block(
                std::max<uint64_t>(size_bytes, window_bytes_));
            Buffer buffer = Buffer::allocate(wanted, io::kDirectAlignment);
            CO_TRY(window_, co_await file_->read(position, std::move(buffer)));
            window_begin_ = position;
        }
        const uint64_t begin = position - window_begin_;
        if (begin >= window_.size()) co_return Slice();
        co_return window_.part(begin, std::min<uint64_t>(size_bytes, window_.size() - begin));
    }

private:
    std::unique_ptr<io::File> file_;
    const uint64_t size_bytes_;
    const size_t window_bytes_;
    uint64_t window_begin_ = 0;
    Slice window_;
};

class Replay {
public:
    Replay(io::Shard& shard, WalOptions options, WalReplay range, ApplyEntry apply)
        : shard_(shard),
          options_(std::move(options)),
          range_(range),
          apply_(std::move(apply)),
          expected_{range.after.value + 1} {}

    Task<Result<WalSequence>> run() {
        CO_TRY(files_, co_await list_wal_files(shard_.env().disk, options_));
        walked_.assign(files_.size(), false);
        for (;;) {
            const size_t next = next_file();
            if (next == files_.size()) break;
            walked_[next] = true;
            CO_TRY_VOID(co_await walk(files_[next]));
        }
        if (options_.mode == WalMode::durable) {
            CO_TRY_VOID(co_await check_for_damage());
        } else if (stopped_) {
            CO_TRY_VOID(co_await cut_off(*stopped_));
        }
        co_return std::max(WalSequence{expected_.value - 1}, range_.at_least);
    }

private:
    struct Stop {
        WalFileInfo info;
        uint64_t position = 0;
    };

    // Where the next expected group may be: the unread file that begins last at or before it.
    size_t next_file() const {
        size_t best = files_.size();
        for (size_t i = 0; i < files_.size(); ++i) {
            if (walked_[i] || !files_[i].readable_header || files_[i].first_sequence > expected_)
                continue;
            if (best == files_.size() || files_[i].first_sequence > files_[best].first_sequence)
                best = i;
        }
        // Once the walk has begun only a file that begins exactly there continues it.
        const bool begun = newest_.value > 0;
        if (best != files_.size() && begun && files_[best].first_sequence != expected_)
            return files_.size();
        return best;
    }

    Task<Result<WalFileReader>> reader_for(WalFileInfo info) {
        CO_TRY(auto file, co_await shard_.env().disk.open(info.path, {.direct = true}));
        co_return WalFileReader(std::move(file), info.size_bytes, options_.slab_bytes);
    }

    // The group at `position`, whole and checked; an empty slice when there is none.
    struct Found {
        WalGroupHeader header;
        Slice payload;
    };
    Task<Result<std::optional<Found>>> group_at(WalFileReader& reader, uint64_t position,
                                                bool with_payload) {
        CO_TRY(Slice head, co_await reader.at(position, kWalBlockBytes));
        const auto header = decode_group_header(head.bytes());
        if (!header || header->data_directory_id != options_.data_directory_id)
            co_return std::nullopt;
        Found found{.header = *header, .payload = {}};
        if (!with_payload) co_return found;
        CO_TRY(Slice whole, co_await reader.at(position, header->padded_bytes()));
        if (whole.size() < header->padded_bytes()) co_return std::nullopt;
        found.payload = whole.part(kWalGroupHeaderBytes, header->payload_bytes);
        if (base::crc32c(found.payload.bytes()) != header->payload_crc) co_return std::nullopt;
        co_return found;
    }

    // Applies the file's groups from the expected one on; stops where the chain ends.
    Task<Result<void>> walk(WalFileInfo info) {
        CO_TRY(WalFileReader reader, co_await reader_for(info));
        uint64_t position = kWalBlockBytes;
        while (position < reader.size_bytes()) {
            CO_TRY(auto peeked, co_await group_at(reader, position, false));
            if (!peeked || peeked->header.lap != info.lap) break;
            if (peeked->header.sequence < expected_) {
                newest_ = std::max(newest_, peeked->header.sequence);
                position += peeked->header.padded_bytes();
                continue;
            }
            CO_TRY(auto found, co_await group_at(reader, position, true));
            if (!found || found->header.sequence != expected_) break;
            CO_TRY_VOID(co_await apply_group(*found, info.path, position));
            newest_ = expected_;
            expected_ = {expected_.value + 1};
            position += found->header.padded_bytes();
        }
        if (newest_ >= info.first_sequence) stopped_ = {.info = info, .position = position};
        co_return {};
    }

    Task<Result<void>> apply_group(Found group, std::string path, uint64_t position) {
        base::Bytes rest = group.payload.bytes();
        for (uint32_t i = 0; i < group.header.entry_count; ++i) {
            const auto entry = take_entry(rest);
            if (!entry) {
                co_return fail(ErrorCode::damaged,
                               fmt::format("{} at {}: entry {} of group {} is malformed", path,
                                           position, i, group.header.sequence.value));
            }
            Slice payload = group.payload.around(entry->payload);
            CO_TRY_VOID(co_await apply_(entry->header, std::move(payload)));
        }
        co_return {};
    }

    // Groups behind a torn one may have reached the disk. Their numbers will be given again, to
    // groups that are not synced: should those be lost, the old ones must not seem to continue the
    // chain.
    Task<Result<void>> cut_off(Stop stop) {
        if (stop.position >= stop.info.size_bytes) co_return {};
        CO_TRY(auto file, co_await shard_.env().disk.open(stop.info.path, {.write = true}));
        Buffer block = Buffer::allocate(kWalBlockBytes, io::kDirectAlignment);
        std::memset(block.writable_data(), 0, block.size());
        std::vector<Slice> pieces;
        pieces.push_back(Slice(std::move(block)));
        CO_TRY_VOID(co_await file->write(stop.position, std::move(pieces)));
        co_return co_await file->sync();
    }

    // The chain has ended before expected_. Torn tail or damage?
    Task<Result<void>> check_for_damage() {
        if (newest_ < range_.at_least) {
            co_return fail(
                ErrorCode::damaged,
                fmt::format("{}: group {} was durable when the checkpoint was written, the newest "
                            "that reads back is {}",
                            options_.directory, range_.at_least.value, newest_.value));
        }
        for (const WalFileInfo& info : files_) {
            if (info.readable_header && info.size_bytes < info.file_bytes) {
                co_return fail(ErrorCode::damaged,
                               fmt::format("{} is {} bytes long, but was made with {}", info.path,
                                           info.size_bytes, info.file_bytes));
            }
            if (info.readable_header && info.first_sequence > expected_) {
                co_return fail(ErrorCode::damaged,
                               fmt::format("{} begins with group {}, but group {} is missing",
                                           info.path, info.first_sequence.value, expected_.value));
            }
            if (!info.readable_header) CO_TRY_VOID(co_await search_claims(info, 0));
        }
        if (stopped_) CO_TRY_VOID(co_await search_claims(stopped_->info, stopped_->position));
        co_return {};
    }

    // Damage when a group behind `position` says that the expected one had been durable.
    Task<Result<void>> search_claims(WalFileInfo info, uint64_t position) {
        CO_TRY(WalFileReader reader, co_await reader_for(info));
        for (; position < reader.size_bytes(); position += kWalBlockBytes) {
            CO_TRY(auto found, co_await group_at(reader, position, false));
            if (found && found->header.durable_upto >= expected_) {
                co_return fail(
                    ErrorCode::damaged,
                    fmt::format("{}: group {} at {} proves that group {} was durable, but it does "
                                "not read back",
                                info.path, found->header.sequence.value, position,
                                expected_.value));
            }
        }
        co_return {};
    }

    io::Shard& shard_;
    const WalOptions options_;
    const WalReplay range_;
    ApplyEntry apply_;
    std::vector<WalFileInfo> files_;
    std::vector<bool> walked_;
    WalSequence expected_;
    WalSequence newest_{0};        // the newest group seen intact
    std::optional<Stop> stopped_;  // where the chain ended
};

}  // namespace

Task<Result<WalSequence>> replay_wal(io::Shard& shard, WalOptions options, WalReplay range,
                                     ApplyEntry apply) {
    Replay replay(shard, std::move(options), range, std::move(apply));
    co_return co_await replay.run();
}

}  // namespace polylog::log

#include "log/log_reader.h"

#include <fmt/core.h>

#include <algorithm>

#include "log/storage_context.h"
#include "model/record.h"

namespace polylog::log {

using base::ErrorCode;
using base::fail;
using base::Result;
using base::Slice;
using io::Task;
using model::BatchView;
using model::Offset;
using SegmentPointer = SegmentList::Pointer;

namespace {

// Enough to get from an index entry to the batch looked for.
constexpr size_t kLookPieceBytes = size_t{64} << 10;

}  // namespace

// A read under way.
struct LogReader::Collected {
    // Whether a batch of that size and end is part of the answer; if not, the answer is complete.
    bool admits(Offset last, size_t size_bytes) {
        const bool fits = read.size_bytes + size_bytes <= range.max_bytes;
        const bool admitted = last < range.upto &&
                              (fits || (read.batches.empty() && range.first_batch_always));
        complete = !admitted;
        return admitted;
    }
    // Batches that lie side by side in memory are one piece.
    void add(Slice batch) {
        read.size_bytes += batch.size();
        if (!read.batches.empty()) {
            Slice& before = read.batches.back();
            if (before.buffer().data() == batch.buffer().data() &&
                before.data() + before.size() == batch.data()) {
                batch = batch.around({before.data(), before.size() + batch.size()});
                read.batches.pop_back();
            }
        }
        read.batches.push_back(std::move(batch));
    }

    const ReadRange range;
    Offset next;
    ReadBatches read;
    bool complete = false;
};

// Goes through a log's batches from one offset to another, wherever they are.
class LogReader::Walk {
public:
    // `from` may lie inside a batch.
    Walk(LogReader& reader, SegmentPointer segment, Offset from, Offset end)
        : reader_(reader), segment_(std::move(segment)), next_(from), end_(end) {}

    // The next batch's header, nothing at the end. The view lives until the next call.
    Task<Result<std::optional<BatchView>>> next() {
        const LogState& state = reader_.state_;
        while (next_ < std::min(end_, state.end)) {
            if (next_ >= state.tail.begin()) {
                const TailBatch& batch = state.tail[state.tail.find(next_)];
                in_memory_ = batch.bytes;
                scan_.reset();
                next_ = {batch.last.value + 1};
                co_return BatchView(in_memory_.bytes());
            }
            const bool fresh = !scan_;
            if (fresh) {
                CO_TRY(scan_, co_await reader_.scan_at(segment_, next_, kLookPieceBytes));
            }
            CO_TRY(const std::optional<BatchView> batch, co_await scan_->next());
            if (batch) {
                next_ = batch->next_offset();
                co_return batch;
            }
            // More has gone from the tail to the file since the scan began.
            if (fresh) break;
            scan_.reset();
        }
        co_return std::nullopt;
    }
    // All of the batch that next() returned last.
    Task<Result<Slice>> whole() {
        if (scan_) return scan_->whole();
        return give(in_memory_);
    }

private:
    static Task<Result<Slice>> give(Slice bytes) { co_return bytes; }

    LogReader& reader_;
    const SegmentPointer segment_;
    Offset next_;
    const Offset end_;
    std::optional<BatchScan> scan_;
    Slice in_memory_;
};

Task<Result<BatchScan>> LogReader::scan_from_index(SegmentPointer segment, Offset offset,
                                                   size_t piece_bytes) {
    const uint32_t relative = segment->relative(offset);
    if (!segment->offsets.floor(relative)) CO_TRY_VOID(co_await files_.load_indexes(segment));
    const OffsetIndex::Entry entry = segment->offsets.floor(relative).value_or(
        OffsetIndex::Entry{});
    if (segment->finished) context_.indexes.used(*segment);
    CO_TRY(auto file, co_await files_.reader(segment));
    co_return BatchScan(std::move(file), files_.path(*segment),
                        {.position = entry.position,
                         .end = state_.file_end(*segment),
                         .next = segment->absolute(entry.relative_offset)},
                        piece_bytes);
}

Task<Result<BatchScan>> LogReader::scan_at(SegmentPointer segment, Offset offset,
                                           size_t piece_bytes) {
    CO_TRY(BatchScan scan, co_await scan_from_index(segment, offset, piece_bytes));
    const bool by_index = scan.position() > 0;
    auto batch = co_await scan.next();
    if (!batch && batch.error() == ErrorCode::corrupt && by_index) {
        // Damage, or an index of other times.
        CO_TRY_VOID(co_await files_.rebuild_indexes(segment));
        CO_TRY(scan, co_await scan_from_index(segment, offset, piece_bytes));
        batch = co_await scan.next();
    }
    while (batch && *batch && (*batch)->last_offset() < offset) batch = co_await scan.next();
    if (!batch) co_return fail(batch.error());
    if (*batch) scan.step_back();
    co_return scan;
}

// Reading

Task<Result<ReadBatches>> LogReader::read(ReadRange range) {
    Collected collected{.range = range, .next = range.from};
    while (!collected.complete && collected.next < std::min(range.upto, state_.end)) {
        if (collected.next < state_.start) {
            if (!collected.read.batches.empty()) break;
            co_return fail(ErrorCode::offset_out_of_range, "deleted");
        }
        if (collected.next >= state_.tail.begin()) {
            collect_from_tail(collected);
            break;
        }
        const uint64_t cuts = state_.cuts;
        auto done = co_await collect_from_file(collected);
        // What was being read may have been deleted or overwritten: look again.
        if (done || collected.next < state_.start || cuts != state_.cuts) continue;
        // What came before the trouble is good.
        if (!collected.read.batches.empty()) break;
        if (done.error() == ErrorCode::corrupt) ++context_.statistics.corrupt_batches;
        co_return fail(done.error());
    }
    co_return std::move(collected.read);
}

void LogReader::collect_from_tail(Collected& collected) const {
    const Tail& tail = state_.tail;
    for (size_t i = tail.find(collected.next); i < tail.size(); ++i) {
        if (!collected.admits(tail[i].last, tail[i].bytes.size())) break;
        collected.add(tail[i].bytes);
    }
}

// Collects from the one segment that holds the next offset, as far as its file goes.
Task<Result<void>> LogReader::collect_from_file(Collected& collected) {
    SegmentPointer segment = state_.segments.find(collected.next);
    const size_t wanted = collected.range.max_bytes + index_interval_bytes(*state_.config);
    const size_t read_ahead = std::max(kLookPieceBytes, context_.options.read_ahead_bytes);
    const size_t piece_bytes = std::clamp(wanted, kLookPieceBytes, read_ahead);
    CO_TRY(BatchScan scan, co_await scan_at(segment, collected.next, piece_bytes));
    ++context_.statistics.file_reads;
    for (bool first = true;; first = false) {
        CO_TRY(const std::optional<BatchView> batch, co_await scan.next());
        if (!batch && first) {
            co_return fail(ErrorCode::corrupt, files_.path(*segment) + " ends too early");
        }
        if (!batch) co_return {};
        const Offset next = batch->next_offset();
        if (!collected.admits(batch->last_offset(), batch->size_bytes())) co_return {};
        CO_TRY(Slice whole, co_await scan.whole());
        CO_TRY_VOID(check_epoch(BatchView(whole.bytes()), *segment));
        context_.statistics.file_read_bytes += whole.size();
        collected.add(std::move(whole));
        collected.next = next;
    }
}

// The leader epoch lies outside what the checksum covers.
Result<void> LogReader::check_epoch(const BatchView& batch, const Segment& segment) const {
    const auto epoch = state_.epochs.epoch_at(batch.base_offset());
    if (!epoch || *epoch == batch.leader_epoch()) return {};
    return fail(ErrorCode::corrupt,
                fmt::format("{} holds a batch at offset {} with leader epoch {} instead of {}",
                            files_.path(segment), batch.base_offset().value,
                            batch.leader_epoch().value, epoch->value));
}

Task<Result<LogReader::Located>> LogReader::locate(Offset offset) {
    SegmentPointer segment = state_.segments.find(offset);
    if (offset >= state_.tail.begin()) {
        const size_t index = state_.tail.find(offset);
        if (index == state_.tail.size()) {
            co_return Located{.segment = segment, .position = segment->size_bytes, .base = offset};
        }
        const TailBatch& batch = state_.tail[index];
        co_return Located{.segment = segment, .position = batch.position, .base = batch.base};
    }
    CO_TRY(BatchScan scan, co_await scan_at(segment, offset, kLookPieceBytes));
    CO_TRY(const std::optional<BatchView> batch, co_await scan.next());
    if (!batch) co_return fail(ErrorCode::corrupt, files_.path(*segment) + " ends too early");
    co_return Located{.segment = segment,
                      .position = scan.position(),
                      .base = batch->base_offset()};
}

// Timestamps

// What was being searched may have been deleted or overwritten: then it is searched again.

Task<Result<LogReader::Found>> LogReader::find_by_time(int64_t timestamp_ms, Offset upto) {
    for (;;) {
        const auto before = version();
        auto found = co_await search_by_time(timestamp_ms, upto);
        if (found || before == version()) co_return found;
    }
}

Task<Result<LogReader::Found>> LogReader::find_max_timestamp(Offset upto) {
    for (;;) {
        const auto before = version();
        auto found = co_await search_max_timestamp(upto);
        if (found || before == version()) co_return found;
    }
}

Task<Result<LogReader::Found>> LogReader::search_by_time(int64_t timestamp_ms, Offset upto) {
    for (Offset next = state_.start; next < std::min(upto, state_.end);) {
        next = std::max(next, state_.start);
        SegmentPointer segment = state_.segments.find(next);
        const Offset segment_end = state_.segments.end_of(*segment, state_.end);
        if (segment->max_timestamp_ms >= timestamp_ms) {
            CO_TRY(const Found found, co_await first_in_segment(segment, timestamp_ms, upto));
            if (found) co_return found;
        }
        next = segment_end;
    }
    co_return std::nullopt;
}

Task<Result<LogReader::Found>> LogReader::first_in_segment(SegmentPointer segment,
                                                           int64_t timestamp_ms, Offset upto) {
    CO_TRY_VOID(co_await files_.load_indexes(segment));
    Offset from = std::max(segment->base, state_.start);
    if (const auto entry = segment->times.below(timestamp_ms)) {
        from = std::max(from, segment->absolute(entry->relative_offset + 1));
    }
    const Offset end = std::min(upto, state_.segments.end_of(*segment, state_.end));
    Walk walk(*this, segment, from, end);
    for (;;) {
        CO_TRY(const std::optional<BatchView> header, co_await walk.next());
        if (!header || header->last_offset() >= upto) co_return std::nullopt;
        if (header->max_timestamp_ms() < timestamp_ms) continue;
        CO_TRY(const Slice whole, co_await walk.whole());
        CO_TRY(const Found found,
               first_in_batch(BatchView(whole.bytes()), timestamp_ms, state_.start));
        if (found) co_return found;
    }
}

Result<LogReader::Found> LogReader::first_in_batch(const BatchView& batch, int64_t timestamp_ms,
                                                   Offset from) {
    const auto answer = [&](Offset offset, int64_t found_ms) {
        return TimestampedOffset{.offset = offset,
                                 .timestamp_ms = found_ms,
                                 .leader_epoch = batch.leader_epoch()};
    };
    if (batch.timestamp_type() == model::TimestampType::append_time) {
        return answer(std::max(batch.base_offset(), from), batch.max_timestamp_ms());
    }
    TRY(const base::Bytes records, decompressed(batch));
    for (model::RecordReader reader(batch, records); reader.has_next();) {
        TRY(const model::RecordView record, reader.next());
        if (record.timestamp_ms >= timestamp_ms && record.offset >= from) {
            return answer(record.offset, record.timestamp_ms);
        }
    }
    return std::nullopt;
}

Result<int64_t> LogReader::greatest_in_batch(const BatchView& batch, Offset from) {
    if (batch.timestamp_type() == model::TimestampType::append_time) {
        return batch.max_timestamp_ms();
    }
    int64_t greatest_ms = -1;
    TRY(const base::Bytes records, decompressed(batch));
    for (model::RecordReader reader(batch, records); reader.has_next();) {
        TRY(const model::RecordView record, reader.next());
        if (record.offset >= from) greatest_ms = std::max(greatest_ms, record.timestamp_ms);
    }
    return greatest_ms;
}

Result<base::Bytes> LogReader::decompressed(const BatchView& batch) {
    const auto codec = static_cast<model::Compression>(batch.compression_bits());
    return context_.decompressor.decompress(codec, batch.records());
}

Task<Result<LogReader::Found>> LogReader::search_max_timestamp(Offset upto) {
    int64_t max_ms = -1;
    for (Offset next = state_.start; next < std::min(upto, state_.end);) {
        next = std::max(next, state_.start);
        SegmentPointer segment = state_.segments.find(next);
        const Offset segment_end = state_.segments.end_of(*segment, state_.end);
        if (next == segment->base && segment_end <= upto) {
            max_ms = std::max(max_ms, segment->max_timestamp_ms);
        } else if (segment->max_timestamp_ms > max_ms) {
            CO_TRY(const LogState::Timestamps part, co_await greatest(segment, next, upto));
            max_ms = std::max(max_ms, part.max_ms);
        }
        next = segment_end;
    }
    if (max_ms < 0) co_return std::nullopt;
    co_return co_await search_by_time(max_ms, upto);
}

Task<Result<LogState::Timestamps>> LogReader::greatest(SegmentPointer segment, Offset from,
                                                       Offset upto) {
    LogState::Timestamps found;
    const Offset end = std::min(upto, state_.segments.end_of(*segment, state_.end));
    if (from == segment->base) {
        CO_TRY_VOID(co_await files_.load_indexes(segment));
        if (const auto entry = segment->times.before(segment->relative(end))) {
            found = {.max_ms = entry->timestamp_ms,
                     .offset = segment->absolute(entry->relative_offset)};
            from = {found.offset.value + 1};
        }
    }
    Walk walk(*this, segment, from, end);
    for (;;) {
        CO_TRY(const std::optional<BatchView> batch, co_await walk.next());
        if (!batch || batch->last_offset() >= end) co_return found;
        if (batch->max_timestamp_ms() <= found.max_ms) continue;
        found = {.max_ms = batch->max_timestamp_ms(), .offset = batch->last_offset()};
        if (batch->base_offset() >= from) continue;
        // Of a batch that begins earlier only the records from `from` on count.
        CO_TRY(const Slice whole, co_await walk.whole());
        CO_TRY(found.max_ms, greatest_in_batch(BatchView(whole.bytes()), from));
    }
}

}  // namespace polylog::log

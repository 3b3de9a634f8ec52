#include "replication/journal.h"

#include "model/record_batch.h"

namespace polylog::replication {

using base::fail;
using base::Result;
using io::Task;
using model::BatchView;
using model::Offset;

namespace {

constexpr size_t kReplayBytes = size_t{1} << 20;

// Rewriting costs as much as the live state; below this size it is not worth a thought.
constexpr uint64_t kRewriteAboveBytes = uint64_t{1} << 20;
constexpr uint64_t kRewriteFactor = 4;

Result<void> apply_batches(base::Bytes bytes, Offset from, Journal::Apply& apply) {
    while (!bytes.empty()) {
        TRY(const BatchView batch, model::parse_batch(bytes));
        bytes = bytes.subspan(batch.size_bytes());
        model::RecordReader reader(batch, batch.records());
        while (reader.has_next()) {
            TRY(const model::RecordView record, reader.next());
            if (record.offset >= from) TRY_VOID(apply(record));
        }
    }
    return {};
}

}  // namespace

Task<Result<void>> Journal::replay(Apply apply) {
    Offset next = partition_->log_start();
    const Offset end = partition_->log().positions().end;
    while (next < end) {
        CO_TRY(const log::ReadBatches read,
               co_await partition_->log().read(
                   {.from = next, .upto = end, .max_bytes = kReplayBytes}));
        if (read.batches.empty())
            co_return fail(base::ErrorCode::corrupt, "a journal ends before its end");
        for (const base::Slice& batches : read.batches) {
            CO_TRY_VOID(apply_batches(batches.bytes(), next, apply));
            for (base::Bytes rest = batches.bytes(); !rest.empty();) {
                const BatchView batch(rest);
                next = batch.next_offset();
                rest = rest.subspan(batch.size_bytes());
            }
        }
    }
    co_return {};
}

Task<Result<void>> Journal::append(base::Buffer batch) {
    while (capturing_) co_await changed_.wait();
    CO_TRY(const auto appended, partition_->append(batch.writable(), true));
    ++appending_;
    auto replicated = co_await partition_->replicated({appended.last.value + 1}, base::kNever);
    --appending_;
    changed_.notify_all();
    co_return replicated;
}

bool Journal::wants_rewrite(uint64_t live_bytes) const {
    const uint64_t size_bytes = partition_->log().positions().size_bytes;
    return size_bytes > kRewriteAboveBytes && size_bytes > kRewriteFactor * live_bytes;
}

Task<Result<void>> Journal::rewrite(Capture capture) {
    capturing_ = true;
    const Offset begin = co_await quiesced_end();
    auto end = append_all(capture());
    capturing_ = false;
    changed_.notify_all();
    if (!end) co_return fail(std::move(end).error());
    CO_TRY_VOID(co_await partition_->replicated(*end, base::kNever));
    co_return co_await partition_->log().advance_start(begin);
}

// The log's end once every append under way has been answered, and so applied by its caller.
Task<Offset> Journal::quiesced_end() {
    while (appending_ > 0) co_await changed_.wait();
    // Those just answered run before this: they were woken first.
    co_await io::yield();
    co_return partition_->log().positions().end;
}

Result<Offset> Journal::append_all(std::vector<base::Buffer> batches) {
    Offset end = partition_->log().positions().end;
    for (base::Buffer& batch : batches) {
        TRY(const auto appended, partition_->append(batch.writable(), true));
        end = {appended.last.value + 1};
    }
    return end;
}

}  // namespace polylog::replication

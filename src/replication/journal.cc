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
    CO_TRY_VOID(partition_->check_epoch(std::nullopt));
    Offset next = partition_->log_start();
    const Offset end = partition_->log().positions().end;
    while (next < end) {
        CO_TRY_VOID(partition_->check_epoch(std::nullopt));  // closed while it was read
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

// Counts something under way, until it is done or whoever waited for it is dropped.
class Journal::Counted {
public:
    Counted(Journal& journal, uint32_t& count) : journal_(journal), count_(count) { ++count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() {
        --count_;
        journal_.changed_.notify_all();
    }

private:
    Journal& journal_;
    uint32_t& count_;
};

Task<Result<void>> Journal::append(base::Buffer batch) {
    // Whoever comes while others wait queues up behind them, so that appends keep their order.
    if (capturing_ > 0 || queued_ > 0) {
        const Counted queued(*this, queued_);
        do co_await changed_.wait();
        while (capturing_ > 0);
    }
    const Counted under_way(*this, appending_);
    CO_TRY(const auto appended, partition_->append(batch.writable(), true));
    co_return co_await partition_->replicated({appended.last.value + 1}, base::kNever);
}

bool Journal::wants_rewrite(uint64_t live_bytes) const {
    if (!partition_->check_epoch(std::nullopt)) return false;
    const uint64_t size_bytes = partition_->log().positions().size_bytes;
    return size_bytes > kRewriteAboveBytes && size_bytes > kRewriteFactor * live_bytes;
}

Task<Result<void>> Journal::rewrite(Capture capture) {
    CO_TRY(const Span written, co_await append_captured(std::move(capture)));
    CO_TRY_VOID(co_await partition_->replicated(written.end, base::kNever));
    co_return co_await partition_->log().advance_start(written.begin);
}

// Appends the state as of a moment when every append has been answered, and so applied by its
// caller.
Task<Result<Journal::Span>> Journal::append_captured(Capture capture) {
    const Counted capturing(*this, capturing_);
    while (appending_ > 0) co_await changed_.wait();
    // Those just answered run before this: they were woken first.
    co_await io::yield();
    CO_TRY_VOID(partition_->check_epoch(std::nullopt));
    const Offset begin = partition_->log().positions().end;
    CO_TRY(const Offset end, append_all(capture()));
    co_return Span{begin, end};
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

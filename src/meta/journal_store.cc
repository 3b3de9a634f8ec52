#include "meta/journal_store.h"

namespace polylog::meta {

using base::Result;
using io::Task;

Task<Result<void>> JournalStore::replay(Apply apply) {
    co_return co_await journal_.replay(
        [apply = std::move(apply)](const model::RecordView& view) mutable -> Result<void> {
            if (!view.value)
                return base::fail(base::ErrorCode::corrupt, "a metadata record without a value");
            TRY(Record record, decode_record(*view.value));
            return apply(std::move(record));
        });
}

// One batch, so that the records commit together.
Task<Result<void>> JournalStore::commit(std::vector<Record> records) {
    model::BatchBuilder builder;
    const int64_t now_ms = base::to_unix_ms(shard_.env().clock.wall());
    for (const Record& record : records) {
        const base::Slice value = encode_record(record);
        builder.add({.timestamp_ms = now_ms, .value = value.bytes()});
    }
    co_return co_await journal_.append(builder.build());
}

Task<Result<void>> JournalStore::shorten(Capture capture) {
    if (!journal_.wants_rewrite(state_bytes_)) co_return {};
    co_return co_await journal_.rewrite([this, capture = std::move(capture)]() mutable {
        std::vector<base::Buffer> batches = to_batches(capture());
        state_bytes_ = 0;
        for (const base::Buffer& batch : batches) state_bytes_ += batch.size();
        return batches;
    });
}

std::vector<base::Buffer> JournalStore::to_batches(const std::vector<Record>& records) const {
    std::vector<base::Buffer> batches;
    model::BatchBuilder builder;
    const int64_t now_ms = base::to_unix_ms(shard_.env().clock.wall());
    for (const Record& record : records) {
        const base::Slice value = encode_record(record);
        builder.add({.timestamp_ms = now_ms, .value = value.bytes()});
        if (builder.size_bytes() >= kBatchBytes) batches.push_back(builder.build());
    }
    if (builder.record_count() > 0) batches.push_back(builder.build());
    return batches;
}

}  // namespace polylog::meta

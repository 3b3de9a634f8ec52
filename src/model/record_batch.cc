#include "model/record_batch.h"

#include <fmt/core.h>

#include "base/crc32c.h"

namespace polylog::model {

using base::ErrorCode;
using base::fail;

namespace {

constexpr size_t kCrcPosition = 17;
constexpr size_t kCrcStart = 21;  // the checksum covers everything from the attributes on

void update_crc(base::MutableBytes batch) {
    const base::Bytes checked = batch.first(BatchView(batch).size_bytes()).subspan(kCrcStart);
    base::store_be(batch.data() + kCrcPosition, base::crc32c(checked));
}

}  // namespace

bool BatchView::crc_matches() const {
    return base::crc32c(bytes_.first(size_bytes()).subspan(kCrcStart)) == crc();
}

base::Result<BatchView> parse_batch(base::Bytes bytes) {
    if (bytes.size() < kBatchHeaderBytes) {
        return fail(ErrorCode::corrupt,
                    fmt::format("batch header cut short: {} bytes", bytes.size()));
    }
    const BatchView batch(bytes);
    if (batch.magic() != kBatchMagic) {
        return fail(ErrorCode::corrupt, fmt::format("batch magic is {}, not 2", batch.magic()));
    }
    const auto length = base::load_be<int32_t>(bytes.data() + 8);
    if (length < static_cast<int32_t>(kBatchHeaderBytes - kBatchLengthEnd) ||
        static_cast<size_t>(length) > bytes.size() - kBatchLengthEnd) {
        return fail(ErrorCode::corrupt,
                    fmt::format("batch length {} does not fit the {} bytes there", length,
                                bytes.size()));
    }
    return BatchView(bytes.first(kBatchLengthEnd + static_cast<size_t>(length)));
}

void assign_base_offset(base::MutableBytes batch, Offset base_offset) {
    base::store_be(batch.data(), base_offset.value);
}

void assign_leader_epoch(base::MutableBytes batch, LeaderEpoch leader_epoch) {
    base::store_be(batch.data() + 12, leader_epoch.value);
}

void assign_append_time(base::MutableBytes batch, int64_t append_time_ms) {
    const auto attributes = static_cast<int16_t>(BatchView(batch).attributes() | 0x08);
    base::store_be(batch.data() + 21, attributes);
    assign_max_timestamp(batch, append_time_ms);
}

void assign_max_timestamp(base::MutableBytes batch, int64_t max_timestamp_ms) {
    base::store_be(batch.data() + 35, max_timestamp_ms);
    update_crc(batch);
}

void assign_records(base::MutableBytes batch, Compression compression) {
    base::store_be(batch.data() + 8, static_cast<int32_t>(batch.size() - kBatchLengthEnd));
    const auto attributes = static_cast<int16_t>((BatchView(batch).attributes() & ~0x07) |
                                                 static_cast<int16_t>(compression));
    base::store_be(batch.data() + 21, attributes);
    update_crc(batch);
}

}  // namespace polylog::model

#include "model/record_batch.h"

#include <fmt/core.h>

#include "base/crc32c.h"

namespace polylog::model {

using base::ErrorCode;
using base::fail;

namespace {

constexpr size_t kCrcPosition = 17;
constexpr size_t kCrcStart = 21;  // the checksum covers everything from the attributes on

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
    const auto attributes = static_cast<int16_t>(base::load_be<int16_t>(batch.data() + 21) | 0x08);
    base::store_be(batch.data() + 21, attributes);
    base::store_be(batch.data() + 35, append_time_ms);
    const size_t size_bytes = BatchView(batch).size_bytes();
    base::store_be(batch.data() + kCrcPosition,
                   base::crc32c(batch.first(size_bytes).subspan(kCrcStart)));
}

}  // namespace polylog::model

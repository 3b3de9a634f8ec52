#include "log/batch_scan.h"

#include <fmt/core.h>

#include <algorithm>

namespace polylog::log {

using base::Buffer;
using base::Bytes;
using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Slice;
using io::Task;
using model::BatchView;

BatchScan::BatchScan(std::shared_ptr<io::File> file, std::string path, Part part,
                     size_t piece_bytes)
    : file_(std::move(file)),
      path_(std::move(path)),
      end_(part.end),
      piece_bytes_(std::max(piece_bytes, model::kBatchHeaderBytes)),
      offset_(part.next),
      next_offset_(part.next),
      position_(part.position),
      next_position_(part.position) {}

Task<Result<std::optional<BatchView>>> BatchScan::next() {
    position_ = next_position_;
    offset_ = next_offset_;
    if (position_ >= end_) co_return std::nullopt;
    CO_TRY(const Bytes bytes, co_await bytes_at(position_, model::kBatchHeaderBytes));
    if (bytes.size() < model::kBatchHeaderBytes) co_return fail(corrupt("a header cut short"));
    const BatchView batch(bytes);
    if (batch.magic() != model::kBatchMagic) co_return fail(corrupt("no batch"));
    const auto length = base::load_be<int32_t>(bytes.data() + sizeof(int64_t));
    if (length < static_cast<int32_t>(model::kBatchHeaderBytes - model::kBatchLengthEnd) ||
        batch.size_bytes() > end_ - position_) {
        co_return fail(corrupt("a batch with an impossible length"));
    }
    if (batch.base_offset() != next_offset_ || batch.last_offset_delta() < 0) {
        co_return fail(corrupt(fmt::format("a batch with offset {} in the place of {}",
                                           batch.base_offset().value, next_offset_.value)));
    }
    next_offset_ = batch.next_offset();
    next_position_ = position_ + static_cast<uint32_t>(batch.size_bytes());
    co_return batch;
}

void BatchScan::step_back() {
    next_position_ = position_;
    next_offset_ = offset_;
}

Task<Result<Slice>> BatchScan::whole() {
    const size_t size_bytes = next_position_ - position_;
    CO_TRY(const Bytes bytes, co_await bytes_at(position_, size_bytes));
    if (bytes.size() < size_bytes) co_return fail(corrupt("a batch cut short"));
    if (!BatchView(bytes).crc_matches()) {
        co_return fail(corrupt("a batch whose checksum does not match"));
    }
    co_return window_.around(bytes);
}

// Shorter than asked for where the file ends.
Task<Result<Bytes>> BatchScan::bytes_at(uint32_t position, size_t size_bytes) {
    const auto available = [this, position] {
        return position < window_begin_ || position > window_begin_ + window_.size()
                   ? size_t{0}
                   : window_begin_ + window_.size() - position;
    };
    if (available() < size_bytes) {
        const size_t wanted = std::min<size_t>(std::max(piece_bytes_, size_bytes), end_ - position);
        Buffer buffer = Buffer::allocate(wanted);
        CO_TRY(window_, co_await file_->read(position, std::move(buffer)));
        window_begin_ = position;
    }
    co_return window_.bytes()
        .subspan(position - window_begin_)
        .first(std::min(size_bytes, available()));
}

Error BatchScan::corrupt(std::string_view what) const {
    return Error(ErrorCode::corrupt, fmt::format("{} holds {} at {}", path_, what, position_));
}

}  // namespace polylog::log

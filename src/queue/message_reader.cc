#include "queue/message_reader.h"

#include <algorithm>

#include "model/record.h"

namespace polylog::queue {

using base::Result;
using base::Slice;
using io::Task;
using model::BatchView;
using model::Offset;
using model::RecordView;

namespace {

// As much as one turn of a busy queue hands out.
constexpr size_t kWindowBytes = size_t{128} << 10;

}  // namespace

MessageReader::MessageReader(std::shared_ptr<replication::Partition> partition,
                             model::TopicPartition id)
    : partition_(std::move(partition)), id_(id) {}

void MessageReader::forget() {
    windows_ = {};
    decompressor_.reset();
}

Task<Result<std::optional<StoredMessage>>> MessageReader::first_from(Offset from) {
    for (;;) {
        CO_TRY_VOID(partition_->check_epoch(std::nullopt));
        if (from >= partition_->high_watermark()) co_return std::nullopt;
        Window* window = find(from);
        if (!window) {
            CO_TRY(window, co_await load(from));
            if (!window) co_return std::nullopt;
        }
        CO_TRY(auto found, find_in(*window, from));
        if (found) co_return found;
        from = window->end;
    }
}

MessageReader::Window* MessageReader::find(Offset offset) {
    for (Window& window : windows_) {
        if (offset >= window.begin && offset < window.end) return &window;
    }
    return nullptr;
}

Task<Result<MessageReader::Window*>> MessageReader::load(Offset from) {
    const log::ReadRange range{.from = std::max(from, partition_->log_start()),
                               .upto = partition_->high_watermark(),
                               .max_bytes = kWindowBytes};
    log::ReadBatches read;
    if (auto tail = partition_->log().read_tail(range)) {
        read = std::move(*tail);
    } else {
        CO_TRY(read, co_await partition_->log().read(range));
    }
    if (read.batches.empty()) co_return nullptr;
    // What continues a window replaces it; otherwise the one that has not been read from lately.
    const auto continued = std::ranges::find(windows_, from, &Window::end);
    if (continued != windows_.end()) {
        oldest_ = static_cast<size_t>(continued - windows_.begin());
    }
    Window& window = windows_[oldest_];
    oldest_ = 1 - oldest_;
    window = {};
    window.begin = from;
    window.end = from;
    window.pieces = std::move(read.batches);
    for (const Slice& piece : window.pieces) {
        for (base::Bytes rest = piece.bytes(); !rest.empty();) {
            CO_TRY(const BatchView batch, model::parse_batch(rest));
            window.end = std::max(window.end, batch.next_offset());
            rest = rest.subspan(batch.size_bytes());
        }
    }
    co_return &window;
}

Result<std::optional<StoredMessage>> MessageReader::find_in(Window& window, Offset from) {
    if (from < window.opened_begin) {  // back to the first batch
        window.piece = window.position = 0;
        window.opened.clear();
        window.opened_end = window.begin;
    }
    for (;;) {
        const auto found = std::ranges::lower_bound(window.opened, from, {}, &RecordView::offset);
        if (found != window.opened.end()) {
            TRY(StoredMessage message, to_message(window, *found));
            return message;
        }
        TRY(const bool opened, open_next(window));
        if (!opened) return std::nullopt;
    }
}

// False when the window has no further batch.
Result<bool> MessageReader::open_next(Window& window) {
    window.opened.clear();
    while (window.piece < window.pieces.size() &&
           window.position == window.pieces[window.piece].size()) {
        ++window.piece;
        window.position = 0;
    }
    if (window.piece == window.pieces.size()) return false;
    const Slice& piece = window.pieces[window.piece];
    TRY(const BatchView batch, model::parse_batch(piece.bytes().subspan(window.position)));
    window.position += batch.size_bytes();
    window.opened_begin = batch.base_offset();
    window.opened_end = batch.next_offset();
    if (batch.control()) return true;
    TRY(window.records, plain(piece, batch));
    model::RecordReader reader(batch, window.records.bytes());
    while (reader.has_next()) {
        TRY(const RecordView record, reader.next());
        window.opened.push_back(record);
    }
    return true;
}

Result<Slice> MessageReader::plain(const Slice& piece, BatchView batch) {
    if (batch.compression_bits() == 0) return piece.around(batch.records());
    if (!decompressor_) decompressor_.emplace();
    TRY(const base::Bytes records, model::plain_records(batch, *decompressor_));
    return Slice::copy_of(records);
}

Result<StoredMessage> MessageReader::to_message(const Window& window, const RecordView& record) {
    auto message = model::read_message(window.records, record, id_);
    if (!message) {
        // A message is delivered whatever its headers look like.
        RecordView bare = record;
        bare.headers = {};
        bare.header_count = 0;
        message = model::read_message(window.records, bare, id_);
    }
    if (!message) return base::fail(message.error());
    return StoredMessage{.offset = record.offset, .message = std::move(*message)};
}

}  // namespace polylog::queue

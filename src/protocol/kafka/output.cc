#include "protocol/kafka/output.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace polylog::kafka {

std::byte* Output::extend(size_t size_bytes) {
    if (size_bytes > chunk_.size() - used_) {
        close_piece();
        const size_t doubled = std::clamp(chunk_.size() * 2, kFirstChunkBytes, kLargestChunkBytes);
        chunk_ = base::Buffer::allocate(std::max(doubled, size_bytes));
        piece_start_ = used_ = 0;
    }
    std::byte* at = chunk_.writable_data() + used_;
    used_ += size_bytes;
    size_bytes_ += size_bytes;
    return at;
}

void Output::append(base::Bytes bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
}

void Output::append(const base::Slice& slice) {
    if (slice.size() < kShareFromBytes) return append(slice.bytes());
    close_piece();
    pieces_.push_back(slice);
    size_bytes_ += slice.size();
}

void Output::close_piece() {
    if (used_ == piece_start_) return;
    pieces_.push_back(open_piece());
    piece_start_ = used_;
}

std::vector<base::Slice> Output::take() {
    close_piece();
    std::vector<base::Slice> pieces = std::move(pieces_);
    *this = Output();
    return pieces;
}

base::Slice Output::joined() const {
    base::Buffer buffer = base::Buffer::allocate(size_bytes_);
    std::byte* to = buffer.writable_data();
    const auto copy = [&to](const base::Slice& piece) {
        if (piece.empty()) return;
        std::memcpy(to, piece.data(), piece.size());
        to += piece.size();
    };
    for (const base::Slice& piece : pieces_) copy(piece);
    copy(open_piece());
    return base::Slice(std::move(buffer));
}

}  // namespace polylog::kafka

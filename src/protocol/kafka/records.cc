#include "protocol/kafka/records.h"

#include <cstring>

namespace polylog::kafka {

base::Slice Records::joined() const {
    if (rest_.empty()) return first_;
    base::Buffer buffer = base::Buffer::allocate(size_bytes_);
    std::byte* to = buffer.writable_data();
    for_each_piece([&to](const base::Slice& piece) {
        std::memcpy(to, piece.data(), piece.size());
        to += piece.size();
    });
    return base::Slice(std::move(buffer));
}

}  // namespace polylog::kafka

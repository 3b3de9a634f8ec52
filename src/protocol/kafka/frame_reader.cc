#include "protocol/kafka/frame_reader.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "protocol/kafka/dispatch.h"
#include "protocol/kafka/frame.h"

namespace polylog::kafka {

using base::Buffer;
using base::Bytes;
using base::Result;
using base::Slice;

base::MutableBytes ReceiveSlabs::room() {
    if (!slab_ || slab_.size() - used_ < kReadBytes) {
        if (slab_) retired_.push_back(std::move(slab_));
        if (!retired_.empty() && retired_.front().unique()) {
            slab_ = std::move(retired_.front());
            retired_.pop_front();
        } else {
            slab_ = Buffer::allocate(kSlabBytes);
        }
        used_ = 0;
    } else if (slab_.unique()) {
        used_ = 0;  // everything read before has been dealt with
    }
    return slab_.writable().subspan(used_);
}

Slice ReceiveSlabs::take(size_t size_bytes) {
    const Bytes filled = slab_.bytes().subspan(used_, size_bytes);
    used_ += size_bytes;
    return Slice(slab_, filled);
}

Result<void> FrameReader::read(io::Stream& stream, ReceiveSlabs& slabs,
                               std::vector<Slice>& frames) {
    if (frame_bytes_ > 0) return read_into_frame(stream, frames);
    const base::MutableBytes room = slabs.room();
    TRY(const size_t size_bytes, stream.read_some(room));
    if (size_bytes == 0) return {};
    return cut(slabs.take(size_bytes), frames);
}

Result<void> FrameReader::read_into_frame(io::Stream& stream, std::vector<Slice>& frames) {
    if (received_ == partial_.size()) grow();
    const base::MutableBytes room = partial_.writable().subspan(received_);
    TRY(const size_t size_bytes, stream.read_some(room));
    received_ += size_bytes;
    if (received_ == frame_bytes_) {
        frames.push_back(Slice(std::move(partial_)));
        frame_bytes_ = received_ = 0;
        known_ = true;
        return {};
    }
    return check_stranger();
}

Result<void> FrameReader::cut(Slice bytes, std::vector<Slice>& frames) {
    size_t position = 0;
    while (position < bytes.size()) {
        const size_t wanted = std::min(kFrameSizeBytes - size_field_bytes_,
                                       bytes.size() - position);
        std::memcpy(size_field_ + size_field_bytes_, bytes.data() + position, wanted);
        size_field_bytes_ += wanted;
        position += wanted;
        if (size_field_bytes_ < kFrameSizeBytes) break;
        size_field_bytes_ = 0;
        TRY(const size_t size_bytes, frame_bytes(size_field_, limits_.frame_max_bytes));
        if (size_bytes > bytes.size() - position) {
            frame_bytes_ = size_bytes;
            begin_partial(bytes.bytes().subspan(position));
            TRY_VOID(check_stranger());
            break;
        }
        known_ = true;
        frames.push_back(bytes.part(position, size_bytes));
        position += size_bytes;
    }
    return {};
}

// Error: message_too_large, once the beginning of a large first frame shows that it is no request.
Result<void> FrameReader::check_stranger() const {
    constexpr size_t kKeyAndVersionBytes = 4;
    if (known_ || frame_bytes_ <= limits_.frame_unauthenticated_max_bytes) return {};
    if (received_ < kKeyAndVersionBytes) return {};
    const Served* served = find_served(base::load_be<int16_t>(partial_.data()));
    const auto version = base::load_be<int16_t>(partial_.data() + sizeof(int16_t));
    if (served && served->api->has(version)) return {};
    return base::fail(base::ErrorCode::message_too_large, "a large first frame that is no request");
}

void FrameReader::begin_partial(Bytes first) {
    received_ = first.size();
    partial_ = Buffer::allocate(
        std::min(frame_bytes_, received_ + limits_.frame_reserve_ahead_max_bytes));
    if (!first.empty()) std::memcpy(partial_.writable_data(), first.data(), first.size());
}

void FrameReader::grow() {
    const size_t ahead = std::max(limits_.frame_reserve_ahead_max_bytes, received_);
    Buffer larger = Buffer::allocate(std::min(frame_bytes_, received_ + ahead));
    std::memcpy(larger.writable_data(), partial_.data(), received_);
    partial_ = std::move(larger);
}

}  // namespace polylog::kafka

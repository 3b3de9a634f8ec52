#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "base/slice.h"
#include "io/network.h"

namespace polylog::kafka {

// Memory that sockets are read into, shared by all connections of a shard: a connection holds none
// of it between reads, only the frames it has not answered yet. Slabs are reused once no frame
// refers to them.
class ReceiveSlabs {
public:
    // Room for one read, at least kReadBytes.
    base::MutableBytes room();
    // The first size_bytes of the room, now filled.
    base::Slice take(size_t size_bytes);

private:
    static constexpr size_t kSlabBytes = size_t{512} << 10;
    static constexpr size_t kReadBytes = size_t{64} << 10;

    base::Buffer slab_;
    size_t used_ = 0;
    std::deque<base::Buffer> retired_;  // oldest first
};

// Cuts one connection's byte stream into frames (an int32 size, then so many bytes), taking all
// that one read delivers. Frames that came whole are slices of the slab; one that is cut by the end
// of a read goes into a buffer of its own, which grows no further ahead of what arrived than the
// limits allow. Before its first whole frame a connection is a stranger: a frame larger than they
// are allowed is only read when it begins like a request that is served.
class FrameReader {
public:
    explicit FrameReader(const base::Limits& limits) : limits_(limits) {}

    // Reads once and adds the finished frames, without their size field. Errors: closed;
    // message_too_large and invalid_request (then the stream is beyond repair).
    base::Result<void> read(io::Stream& stream, ReceiveSlabs& slabs,
                            std::vector<base::Slice>& frames);

    // A frame has begun and is not complete: how much of it came.
    bool inside_frame() const { return size_field_bytes_ > 0 || frame_bytes_ > 0; }
    size_t received_bytes() const { return received_; }
    // Memory held for it.
    size_t reserved_bytes() const { return partial_.size(); }

private:
    base::Result<void> read_into_frame(io::Stream& stream, std::vector<base::Slice>& frames);
    base::Result<void> cut(base::Slice bytes, std::vector<base::Slice>& frames);
    base::Result<void> check_stranger() const;
    void begin_partial(base::Bytes first);
    void grow();

    const base::Limits& limits_;
    std::byte size_field_[4];
    size_t size_field_bytes_ = 0;  // how much of a size field has come
    base::Buffer partial_;         // the frame that is arriving; may be smaller than the frame yet
    size_t frame_bytes_ = 0;       // its announced size; 0 = none is arriving
    size_t received_ = 0;
    bool known_ = false;  // a whole request has come: it is somebody who speaks the protocol
};

}  // namespace polylog::kafka

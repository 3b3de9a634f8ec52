#pragma once

#include <concepts>
#include <vector>

#include "base/bytes.h"
#include "base/slice.h"

namespace polylog::kafka {

// A frame under construction: small fields copied into chunks of its own, record batches shared as
// slices. Lives on the shard that builds it; the pieces may then travel anywhere.
class Output {
public:
    Output() = default;
    Output(Output&&) = default;
    Output& operator=(Output&&) = default;

    // Below this a copy costs less than one more piece in the system call (a cache line and a
    // reference).
    static constexpr size_t kShareFromBytes = 1024;

    // Copies.
    void append(base::Bytes bytes);
    // Shares the slice's buffer when it is large, copies it otherwise.
    void append(const base::Slice& slice);
    template <std::integral T>
    void append_be(T value) {
        base::store_be(extend(sizeof value), value);
    }
    // `size_bytes` contiguous bytes to be filled in by the caller, now or before take(): they do
    // not move.
    std::byte* extend(size_t size_bytes);

    size_t size_bytes() const { return size_bytes_; }

    // The pieces in order, ready for one vectored write. Empty afterwards.
    std::vector<base::Slice> take();
    // The same as one contiguous slice: for tests and tools, since it copies.
    base::Slice joined() const;

private:
    static constexpr size_t kFirstChunkBytes = 512;  // most responses fit: one allocation
    static constexpr size_t kLargestChunkBytes = 64 * 1024;

    base::Slice open_piece() const {
        return base::Slice(chunk_, chunk_.bytes().subspan(piece_start_, used_ - piece_start_));
    }
    void close_piece();

    std::vector<base::Slice> pieces_;  // finished, in order
    base::Buffer chunk_;               // bytes [piece_start_, used_) follow the last finished piece
    size_t piece_start_ = 0;
    size_t used_ = 0;
    size_t size_bytes_ = 0;
};

}  // namespace polylog::kafka

#pragma once

#include <vector>

#include "base/slice.h"

namespace polylog::kafka {

// Record batches, back to back, as a Produce request brings them or a Fetch response takes them
// away: one view of the frame in the first case, pieces of cache and log in the second. Sharing,
// never copying; the pieces keep their buffers alive. Neither parsed nor checked here.
class Records {
public:
    Records() = default;
    explicit Records(base::Slice slice) : first_(std::move(slice)), size_bytes_(first_.size()) {}

    void append(base::Slice slice) {
        if (slice.empty()) return;
        size_bytes_ += slice.size();
        if (first_.empty()) {
            first_ = std::move(slice);
        } else {
            rest_.push_back(std::move(slice));
        }
    }

    size_t size_bytes() const { return size_bytes_; }
    bool empty() const { return size_bytes_ == 0; }

    // Calls visit(const base::Slice&) for each piece in order.
    void for_each_piece(auto&& visit) const {
        if (!first_.empty()) visit(first_);
        for (const base::Slice& piece : rest_) visit(piece);
    }

    // Everything as one slice; copies only when there are several pieces.
    base::Slice joined() const;

private:
    base::Slice first_;  // most messages have one piece: no allocation for it
    std::vector<base::Slice> rest_;
    size_t size_bytes_ = 0;
};

}  // namespace polylog::kafka

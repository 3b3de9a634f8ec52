#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>

#include "log/segment.h"

namespace polylog::log {

// Bounds the memory for indexes of segments that are full: of those used longest ago the indexes
// are let go; they come back from their files. Active segments keep theirs. Lives on its storage's
// shard.
class IndexCache {
public:
    explicit IndexCache(size_t segments_max) : segments_max_(segments_max) {}

    // `segment` is finished, and its indexes have just been used or written.
    void used(Segment& segment) {
        if (segment.index_hook.is_linked()) segment.index_hook.unlink();
        recent_.push_back(segment);
        if (recent_.size() > segments_max_) {
            recent_.front().forget_indexes();
            recent_.pop_front();
        }
    }
    // `segment` is written to again.
    static void reopened(Segment& segment) {
        if (segment.index_hook.is_linked()) segment.index_hook.unlink();
    }

private:
    using Hook = boost::intrusive::list_member_hook<
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
    using List = boost::intrusive::list<
        Segment, boost::intrusive::member_hook<Segment, Hook, &Segment::index_hook>,
        boost::intrusive::constant_time_size<false>>;

    const size_t segments_max_;
    List recent_;  // used last at the back
};

}  // namespace polylog::log

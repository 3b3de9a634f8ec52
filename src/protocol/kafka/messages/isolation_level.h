#pragma once

#include <cstdint>

namespace polylog::kafka {

// Which records a reader may see. Other values may arrive; they are invalid requests.
enum class IsolationLevel : int8_t {
    read_uncommitted = 0,  // up to the high watermark
    read_committed = 1,    // up to the last stable offset, without aborted transactions
};

}  // namespace polylog::kafka

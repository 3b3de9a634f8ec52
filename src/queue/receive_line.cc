#include "queue/receive_line.h"

namespace polylog::queue {

ReceiveLine::Place::Place(ReceiveLine& line) : line_(line) {
    line_.places_.push_back(*this);
}

ReceiveLine::Place::~Place() {
    const bool was_first = line_.is_first(*this);
    unlink();
    if (was_first && !line_.places_.empty()) line_.places_.front().moved_up_.notify_all();
}

io::Task<bool> ReceiveLine::Place::first(base::MonoTime deadline) {
    while (!line_.is_first(*this)) {
        if (!co_await moved_up_.wait_until(deadline) && !line_.is_first(*this)) co_return false;
    }
    co_return true;
}

}  // namespace polylog::queue

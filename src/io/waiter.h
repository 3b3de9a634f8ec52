#pragma once

#include <boost/intrusive/list.hpp>
#include <coroutine>

namespace polylog::io {

class Shard;

// A suspended coroutine's place in a list: a wait list while it waits, its shard's ready list once
// woken. Lives inside the awaiter, hence inside the suspended frame; destroying the frame unlinks
// it wherever it is, so nothing ever resumes a coroutine that is gone.
class Waiter : public boost::intrusive::list_base_hook<
                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    void suspend(std::coroutine_handle<> frame) { frame_ = frame; }
    // Moves to the shard's ready list; the coroutine runs later in this turn of the loop, after the
    // caller has returned. Waking twice is the same as waking once.
    void wake();

private:
    friend class Shard;
    Shard& shard_;  // the shard whose coroutine this is
    std::coroutine_handle<> frame_;
};

// Waiters in the order in which they came; each takes itself off when its frame goes.
using WaitList = boost::intrusive::list<Waiter, boost::intrusive::constant_time_size<false>>;

}  // namespace polylog::io

#pragma once

#include <boost/intrusive/list.hpp>

#include "base/time.h"
#include "io/signal.h"
#include "io/task.h"

namespace polylog::queue {

// Those who want messages of one queue partition, in the order in which they came: the first takes
// messages, the others wait for their turn. Lives on the partition's shard.
class ReceiveLine {
public:
    // A place in the line; whoever leaves it, served or dropped, lets the next one move up.
    class Place : public boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    public:
        explicit Place(ReceiveLine& line);
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        // False when the deadline came first.
        io::Task<bool> first(base::MonoTime deadline);

    private:
        friend class ReceiveLine;
        ReceiveLine& line_;
        io::Signal moved_up_;
    };

    // Notified when there may be something to take: only the first in line waits for it.
    io::Signal& available() { return available_; }
    bool empty() const { return places_.empty(); }

private:
    bool is_first(const Place& place) const { return &places_.front() == &place; }

    boost::intrusive::list<Place, boost::intrusive::constant_time_size<false>> places_;
    io::Signal available_;
};

}  // namespace polylog::queue

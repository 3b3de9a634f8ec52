#pragma once

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <coroutine>
#include <memory>

#include "base/result.h"
#include "io/linux/file_descriptor.h"
#include "io/waiter.h"

// The one header that shows Boost.Asio, and only to the sources of this room.
namespace polylog::io {

// A shard's Asio context on epoll: all that can end the sleep of its loop.
class Reactor {
public:
    // Throws boost::system::system_error when the process is out of descriptors.
    Reactor();
    boost::asio::io_context& context() { return context_; }

    // Handles everything that is ready; sleeps until something is when `may_block`.
    void poll(bool may_block) noexcept;
    // Ends a sleeping poll. Any thread.
    void interrupt();

private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
};

// A descriptor that the event loop watches.
using AsioDescriptor = boost::asio::posix::basic_stream_descriptor<
    boost::asio::io_context::executor_type>;

// A non-blocking descriptor and what is known about its readiness. Two coroutines may wait on it,
// one per direction; they come and go while at most one wait per direction stays armed in the
// reactor, whose handler shares ownership of this object. Shard's thread only. A connection that
// waits to be readable costs about 930 bytes, its stream and the frames of a small coroutine
// included.
class WatchedDescriptor
    : public boost::intrusive_ref_counter<WatchedDescriptor, boost::thread_unsafe_counter> {
public:
    using Ref = boost::intrusive_ptr<WatchedDescriptor>;
    // Closes the descriptor when it goes; waiters and handlers hold a Ref, so they find it closed.
    struct Close {
        void operator()(WatchedDescriptor* watched) const;
    };
    using Owner = std::unique_ptr<WatchedDescriptor, Close>;
    enum class Direction { read, write };

    // `writable` says whether writing may be tried before the first wait.
    static base::Result<Owner> watch(Reactor& reactor, FileDescriptor fd, bool writable);

    int fd() { return descriptor_.native_handle(); }
    bool closed() const { return !descriptor_.is_open(); }

    // co_await ready(direction): until a call in this direction would not find EAGAIN, or close().
    class Ready;
    Ready ready(Direction direction);
    bool is_ready(Direction direction) const { return side(direction).ready; }
    // The last call took all there was: the next wait asks the kernel.
    void exhausted(Direction direction) { side(direction).ready = false; }
    // Closes the descriptor and wakes both waiters.
    void close();

private:
    struct Side {
        bool ready = false;
        bool armed = false;  // the reactor has a handler that will call became_ready
        Waiter* waiter = nullptr;
    };
    struct OnReady;

    explicit WatchedDescriptor(AsioDescriptor descriptor) : descriptor_(std::move(descriptor)) {}
    Side& side(Direction direction) { return sides_[static_cast<size_t>(direction)]; }
    const Side& side(Direction direction) const { return sides_[static_cast<size_t>(direction)]; }
    void arm(Direction direction);
    void became_ready(Direction direction);

    AsioDescriptor descriptor_;
    std::array<Side, 2> sides_;
};

class [[nodiscard]] WatchedDescriptor::Ready {
public:
    Ready(Ref descriptor, Direction direction)
        : descriptor_(std::move(descriptor)), direction_(direction) {}
    ~Ready();
    bool await_ready() { return descriptor_->closed() || descriptor_->is_ready(direction_); }
    void await_suspend(std::coroutine_handle<> frame);
    void await_resume() {}

private:
    const Ref descriptor_;
    const Direction direction_;
    Waiter waiter_;
};

inline WatchedDescriptor::Ready WatchedDescriptor::ready(Direction direction) {
    return Ready(this, direction);
}

// An eventfd or timerfd that does nothing but end the reactor's sleep. Outlives the loop it wakes.
class WakeDescriptor {
public:
    // Throws boost::system::system_error when the kernel refuses to watch it.
    WakeDescriptor(Reactor& reactor, FileDescriptor fd);
    int fd() { return descriptor_.native_handle(); }

private:
    void arm();

    AsioDescriptor descriptor_;
};

}  // namespace polylog::io

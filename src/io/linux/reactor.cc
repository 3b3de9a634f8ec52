#include "io/linux/reactor.h"

#include <boost/asio/post.hpp>

#include "base/check.h"
#include "io/linux/system_error.h"

namespace polylog::io {

namespace {

AsioDescriptor::wait_type to_wait(WatchedDescriptor::Direction direction) {
    return direction == WatchedDescriptor::Direction::read ? AsioDescriptor::wait_read
                                                           : AsioDescriptor::wait_write;
}

}  // namespace

Reactor::Reactor() : context_(1), work_(boost::asio::make_work_guard(context_)) {}

void Reactor::poll(bool may_block) noexcept {
    if (may_block) context_.run_one();
    context_.poll();
}

void Reactor::interrupt() {
    boost::asio::post(context_, [] {});
}

struct WatchedDescriptor::OnReady {
    void operator()(const boost::system::error_code& error) const {
        if (!error) descriptor->became_ready(direction);
    }
    Ref descriptor;
    Direction direction;
};

void WatchedDescriptor::Close::operator()(WatchedDescriptor* watched) const {
    watched->close();
    intrusive_ptr_release(watched);
}

base::Result<WatchedDescriptor::Owner> WatchedDescriptor::watch(Reactor& reactor, FileDescriptor fd,
                                                                bool writable) {
    AsioDescriptor descriptor(reactor.context());
    boost::system::error_code error;
    descriptor.assign(fd.get(), error);
    if (error) return system_failure(error.value(), "watch", "descriptor");
    fd.release();
    Ref watched(new WatchedDescriptor(std::move(descriptor)));
    watched->side(Direction::write).ready = writable;
    return Owner(watched.detach());
}

void WatchedDescriptor::close() {
    boost::system::error_code ignored;  // close(2) releases the descriptor whatever it answers
    descriptor_.close(ignored);
    for (Side& each : sides_) {
        if (each.waiter) std::exchange(each.waiter, nullptr)->wake();
    }
}

void WatchedDescriptor::arm(Direction direction) {
    if (std::exchange(side(direction).armed, true)) return;
    descriptor_.async_wait(to_wait(direction), OnReady{this, direction});
}

void WatchedDescriptor::became_ready(Direction direction) {
    Side& ready_side = side(direction);
    ready_side.armed = false;
    ready_side.ready = true;
    if (ready_side.waiter) std::exchange(ready_side.waiter, nullptr)->wake();
}

WatchedDescriptor::Ready::~Ready() {
    Side& side = descriptor_->side(direction_);
    if (side.waiter == &waiter_) side.waiter = nullptr;
}

void WatchedDescriptor::Ready::await_suspend(std::coroutine_handle<> frame) {
    Side& side = descriptor_->side(direction_);
    CHECK(side.waiter == nullptr);
    waiter_.suspend(frame);
    side.waiter = &waiter_;
    descriptor_->arm(direction_);
}

WakeDescriptor::WakeDescriptor(Reactor& reactor, FileDescriptor fd)
    : descriptor_(reactor.context(), fd.get()) {
    fd.release();
    arm();
}

void WakeDescriptor::arm() {
    descriptor_.async_wait(AsioDescriptor::wait_read, [this](
                                                          const boost::system::error_code& error) {
        if (error) return;  // cancelled by the destructor: `this` is gone
        uint64_t count;
        [[maybe_unused]] const ssize_t drained = ::read(fd(), &count, sizeof count);
        arm();
    });
}

}  // namespace polylog::io

#include "io/sim/network_port.h"

namespace polylog::sim {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

// The tasks hold the connection, not the stream: dropping the stream first only closes it.
Task<Result<void>> wait_readable(std::shared_ptr<Connection> connection, Side side) {
    CHECK(!connection->readable(side).has_waiters());
    while (!connection->can_read(side)) co_await connection->readable(side).wait();
    if (connection->is_closed(side)) co_return fail(ErrorCode::closed);
    co_return {};
}

Task<Result<void>> wait_writable(std::shared_ptr<Connection> connection, Side side) {
    CHECK(!connection->writable(side).has_waiters());
    while (!connection->can_write(side)) co_await connection->writable(side).wait();
    if (connection->is_closed(side)) co_return fail(ErrorCode::closed);
    co_return {};
}

class SimStream : public io::Stream {
public:
    explicit SimStream(ConnectionEnd end) : end_(std::move(end)) {}

    Task<Result<void>> readable() override { return wait_readable(end_.connection(), end_.side()); }
    Task<Result<void>> writable() override { return wait_writable(end_.connection(), end_.side()); }
    Result<size_t> read_some(base::MutableBytes into) override {
        return end_.connection()->read_some(end_.side(), into);
    }
    Result<size_t> write_some(std::span<const base::Bytes> pieces) override {
        return end_.connection()->write_some(end_.side(), pieces);
    }
    void close() override { end_.connection()->close(end_.side()); }

    const io::Endpoint& peer() const override {
        return end_.connection()->address(other(end_.side()));
    }
    const io::Endpoint& local() const override { return end_.connection()->address(end_.side()); }

private:
    ConnectionEnd end_;
};

Task<Result<std::unique_ptr<io::Stream>>> accept_from(SimNetwork& network,
                                                      std::shared_ptr<ListenQueue> queue) {
    CHECK(!queue->arrived.has_waiters());
    while (queue->backlog.empty() && !queue->closed) co_await queue->arrived.wait();
    if (queue->closed) co_return fail(ErrorCode::closed);
    if (network.random().chance(network.settings().accept_error)) {
        co_return fail(ErrorCode::io_failed, "injected: out of file descriptors");
    }
    auto stream = std::make_unique<SimStream>(std::move(queue->backlog.front()));
    queue->backlog.pop_front();
    co_return stream;
}

class SimListener : public io::Listener {
public:
    SimListener(SimNetwork& network, std::shared_ptr<ListenQueue> queue)
        : network_(network), queue_(std::move(queue)) {}
    ~SimListener() override { close(); }

    Task<Result<std::unique_ptr<io::Stream>>> accept() override {
        return accept_from(network_, queue_);
    }
    const io::Endpoint& local() const override { return queue_->local; }
    void close() override {
        queue_->closed = true;
        for (const ConnectionEnd& waiting : queue_->backlog)
            waiting.connection()->abort(waiting.side());
        queue_->backlog.clear();
        queue_->arrived.notify_all();
    }

private:
    SimNetwork& network_;
    const std::shared_ptr<ListenQueue> queue_;
};

}  // namespace

Task<Result<std::unique_ptr<io::Listener>>> NetworkPort::listen(io::Endpoint endpoint) {
    CO_TRY(auto queue, network_.listen(node_, std::move(endpoint)));
    co_return std::make_unique<SimListener>(network_, std::move(queue));
}

Task<Result<std::unique_ptr<io::Stream>>> NetworkPort::connect(io::Endpoint endpoint) {
    const auto dial = network_.dial(node_, std::move(endpoint));
    CO_TRY(ConnectionEnd end, co_await dial->done);
    co_return std::make_unique<SimStream>(std::move(end));
}

}  // namespace polylog::sim

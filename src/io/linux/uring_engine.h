#pragma once

#include <liburing.h>

#include <deque>

#include "io/linux/disk_engine.h"
#include "io/linux/reactor.h"
#include "io/linux/thread_engine.h"

namespace polylog::io {

// The shard's own io_uring ring. What a turn starts goes to the kernel with one call at the end of
// that turn; completions are seen at the start of the next, and end the loop's sleep through an
// eventfd.
//
// Synced writes take a thread: asynchronously, the kernel syncs in a work queue of its own, which
// on a busy core waits for its turn behind everything else, for 4 ms or more.
class UringEngine final : public DiskEngine {
public:
    // Fails where the kernel has no io_uring or does not let this process use it.
    static base::Result<std::unique_ptr<UringEngine>> create(Reactor& reactor, BlockingPool& pool);
    ~UringEngine() override;

    void start(FileOperation::Ref operation) override;
    void submit() override;
    void reap() override;
    bool quiet() const override;
    void drain() override;

private:
    // As many as fit into the ring, so that neither of its queues can overflow; more wait their
    // turn.
    static constexpr unsigned kInFlightMax = 256;

    UringEngine(io_uring ring, BlockingPool& pool) : ring_(ring), threads_(pool) {}
    void prepare(FileOperation::Ref operation);
    void finish(FileOperation::Ref operation, int answer);

    io_uring ring_;
    std::unique_ptr<WakeDescriptor> completions_;
    ThreadEngine threads_;  // for what the ring turns away
    std::deque<FileOperation::Ref> waiting_;
    unsigned in_flight_ = 0;
};

}  // namespace polylog::io

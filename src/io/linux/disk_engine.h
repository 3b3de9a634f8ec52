#pragma once

#include <memory>

#include "base/result.h"
#include "io/linux/file_operation.h"

namespace polylog::io {

class Reactor;

// How a shard's reads, writes and syncs reach the kernel. All calls on the shard's thread.
class DiskEngine {
public:
    virtual ~DiskEngine() = default;

    // Carries the operation out and completes it in a later turn, whether or not anybody still
    // waits.
    virtual void start(FileOperation::Ref operation) = 0;

    // The loop's part. Hands what was started in this turn to the kernel.
    virtual void submit() = 0;
    // Completes what the kernel has finished.
    virtual void reap() = 0;
    // False when there is something to submit or reap, so that the loop must not sleep.
    virtual bool quiet() const = 0;
    // Returns when nothing is in flight.
    virtual void drain() = 0;
};

}  // namespace polylog::io

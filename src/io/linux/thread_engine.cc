#include "io/linux/thread_engine.h"

namespace polylog::io {

void ThreadEngine::start(FileOperation::Ref operation) {
    // The pool outlives this engine: the closure must not reach through `this`.
    pool_.enqueue([&shard = pool_.shard(), operation = std::move(operation)]() mutable {
        operation->perform();
        shard.post([operation = std::move(operation)] { operation->complete(); });
    });
}

}  // namespace polylog::io

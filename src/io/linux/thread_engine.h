#pragma once

#include "io/linux/disk_engine.h"

namespace polylog::io {

// Blocking calls on the pool's threads: for where io_uring is forbidden, as container run-times do.
class ThreadEngine final : public DiskEngine {
public:
    explicit ThreadEngine(BlockingPool& pool) : pool_(pool) {}

    void start(FileOperation::Ref operation) override;
    void submit() override {}
    void reap() override {}
    bool quiet() const override { return true; }
    void drain() override {}  // the pool finishes what it has begun

private:
    BlockingPool& pool_;
};

}  // namespace polylog::io

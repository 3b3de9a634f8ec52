#include "io/linux/uring_engine.h"

#include <sys/eventfd.h>

#include <cerrno>

#include "io/linux/system_error.h"

namespace polylog::io {

namespace {

base::Result<io_uring> make_ring(unsigned entries) {
    // Completions need not interrupt the loop while it runs: it looks for them once a turn (Linux
    // 5.19).
    for (const unsigned flags : {IORING_SETUP_COOP_TASKRUN, 0U}) {
        io_uring ring;
        const int answer = ::io_uring_queue_init(entries, &ring, flags);
        if (answer == 0) return ring;
        if (answer != -EINVAL) return system_failure(-answer, "create", "io_uring");
    }
    return system_failure(EINVAL, "create", "io_uring");
}

}  // namespace

base::Result<std::unique_ptr<UringEngine>> UringEngine::create(Reactor& reactor,
                                                               BlockingPool& pool) {
    TRY(io_uring ring, make_ring(kInFlightMax));
    std::unique_ptr<UringEngine> engine(new UringEngine(ring, pool));
    FileDescriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) return system_failure(errno, "create", "eventfd");
    const int answer = ::io_uring_register_eventfd(&engine->ring_, event.get());
    if (answer != 0) return system_failure(-answer, "register", "eventfd");
    engine->completions_ = std::make_unique<WakeDescriptor>(reactor, std::move(event));
    return engine;
}

UringEngine::~UringEngine() {
    CHECK(in_flight_ == 0 && waiting_.empty());
    ::io_uring_queue_exit(&ring_);
}

void UringEngine::start(FileOperation::Ref operation) {
    if (operation->is_synced_write()) return threads_.start(std::move(operation));
    waiting_.push_back(std::move(operation));
}

void UringEngine::submit() {
    while (!waiting_.empty() && in_flight_ < kInFlightMax) {
        prepare(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    if (::io_uring_sq_ready(&ring_) == 0) return;
    // Refused for lack of kernel memory, what is left stays in the ring and quiet() has it tried
    // again.
    const int answer = ::io_uring_submit(&ring_);
    CHECK(answer >= 0 || answer == -EAGAIN || answer == -EBUSY || answer == -EINTR ||
          answer == -ENOMEM);
}

void UringEngine::prepare(FileOperation::Ref operation) {
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    CHECK(entry != nullptr);
    const FileOperation::Step step = operation->next_step();
    const auto count = static_cast<unsigned>(step.pieces.size());
    switch (step.kind) {
    case FileOperation::Kind::read:
        ::io_uring_prep_readv(entry, step.fd, step.pieces.data(), count, step.position);
        break;
    case FileOperation::Kind::write:
        ::io_uring_prep_writev(entry, step.fd, step.pieces.data(), count, step.position);
        break;
    case FileOperation::Kind::sync:
        ::io_uring_prep_fsync(entry, step.fd, IORING_FSYNC_DATASYNC);
        break;
    }
    // The kernel holds this reference until it answers.
    ::io_uring_sqe_set_data(entry, operation.detach());
    ++in_flight_;
}

void UringEngine::reap() {
    io_uring_cqe* entry = nullptr;
    while (::io_uring_peek_cqe(&ring_, &entry) == 0) {
        constexpr bool kAddReference = false;
        FileOperation::Ref operation(static_cast<FileOperation*>(::io_uring_cqe_get_data(entry)),
                                     kAddReference);
        const int answer = entry->res;
        ::io_uring_cqe_seen(&ring_, entry);
        --in_flight_;
        finish(std::move(operation), answer);
    }
}

void UringEngine::finish(FileOperation::Ref operation, int answer) {
    if (answer == -EINTR || answer == -EAGAIN) {
        threads_.start(std::move(operation));
    } else if (operation->advance(answer)) {
        operation->complete();
    } else {
        waiting_.push_back(std::move(operation));
    }
}

bool UringEngine::quiet() const {
    const bool may_submit = !waiting_.empty() && in_flight_ < kInFlightMax;
    return !may_submit && ::io_uring_sq_ready(&ring_) == 0 && ::io_uring_cq_ready(&ring_) == 0;
}

void UringEngine::drain() {
    while (in_flight_ > 0 || !waiting_.empty()) {
        submit();
        io_uring_cqe* entry = nullptr;
        if (in_flight_ > ::io_uring_sq_ready(&ring_)) ::io_uring_wait_cqe(&ring_, &entry);
        reap();
    }
}

}  // namespace polylog::io

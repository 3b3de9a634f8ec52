#pragma once

#include <sys/uio.h>

#include <span>
#include <vector>

#include "base/slice.h"
#include "io/linux/open_file.h"
#include "io/signal.h"

namespace polylog::io {

// One read, write or sync from start to completion: what it still has to do, the memory it moves
// and the file it moves it to. Owned together by the awaiting frame and by the engine that carries
// it out, so that the memory outlives the frame when the task is dropped while the kernel is at
// work.
class FileOperation
    : public boost::intrusive_ref_counter<FileOperation, boost::thread_safe_counter> {
public:
    using Ref = boost::intrusive_ptr<FileOperation>;
    enum class Kind { read, write, sync };

    static Ref read(OpenFile::Ref file, uint64_t position, base::Buffer into);
    static Ref write(OpenFile::Ref file, uint64_t position, std::vector<base::Slice> pieces);
    static Ref sync(OpenFile::Ref file);

    // One system call's worth of the operation: at most IOV_MAX pieces. Valid until advance().
    struct Step {
        Kind kind;
        int fd;
        uint64_t position;
        std::span<const iovec> pieces;
    };
    Step next_step();
    // Takes the kernel's answer to the last step: bytes moved or a negative errno. True when the
    // operation is over; otherwise there is another step.
    bool advance(int64_t answer);
    // Carries out what is left with blocking calls.
    void perform();
    bool empty() const { return kind_ != Kind::sync && next_ == pieces_.size(); }
    // Over only when it is durable.
    bool is_synced_write() const { return kind_ == Kind::write && file_->data_sync(); }

    // Called once it is over, on the shard: gives the awaiting coroutine the outcome.
    void complete() { outcome_.complete(error_); }
    // co_await outcome(): 0 or the errno value.
    Completion<int>& outcome() { return outcome_; }
    uint64_t transferred_bytes() const { return transferred_bytes_; }

private:
    FileOperation(Kind kind, OpenFile::Ref file, uint64_t position)
        : kind_(kind), file_(std::move(file)), position_(position) {}
    void add_piece(const std::byte* data, size_t size_bytes);
    void consume(uint64_t bytes);

    const Kind kind_;
    const OpenFile::Ref file_;
    uint64_t position_;
    std::vector<iovec> pieces_;
    size_t next_ = 0;  // the first piece that is not done
    uint64_t transferred_bytes_ = 0;
    bool step_is_direct_ = false;
    int error_ = 0;
    base::Buffer into_;                // what a read fills
    std::vector<base::Slice> source_;  // what a write takes
    Completion<int> outcome_;
};

}  // namespace polylog::io

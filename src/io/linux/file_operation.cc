#include "io/linux/file_operation.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "io/disk.h"

namespace polylog::io {

FileOperation::Ref FileOperation::read(OpenFile::Ref file, uint64_t position, base::Buffer into) {
    Ref operation(new FileOperation(Kind::read, std::move(file), position));
    operation->into_ = std::move(into);
    operation->add_piece(operation->into_.data(), operation->into_.size());
    return operation;
}

FileOperation::Ref FileOperation::write(OpenFile::Ref file, uint64_t position,
                                        std::vector<base::Slice> pieces) {
    Ref operation(new FileOperation(Kind::write, std::move(file), position));
    operation->source_ = std::move(pieces);
    operation->pieces_.reserve(operation->source_.size());
    for (const base::Slice& piece : operation->source_) {
        operation->add_piece(piece.data(), piece.size());
    }
    return operation;
}

FileOperation::Ref FileOperation::sync(OpenFile::Ref file) {
    return Ref(new FileOperation(Kind::sync, std::move(file), 0));
}

void FileOperation::add_piece(const std::byte* data, size_t size_bytes) {
    // iovec is one type for both directions; a write's pieces are only read from.
    if (size_bytes > 0) pieces_.push_back({const_cast<std::byte*>(data), size_bytes});
}

FileOperation::Step FileOperation::next_step() {
    step_is_direct_ = file_->direct();
    const size_t count = std::min<size_t>(pieces_.size() - next_, IOV_MAX);
    return {kind_, file_->fd(), position_, std::span(pieces_).subspan(next_, count)};
}

bool FileOperation::advance(int64_t answer) {
    if (answer == -EINVAL && step_is_direct_) {
        file_->go_through_page_cache();
        return false;
    }
    if (answer < 0) {
        error_ = static_cast<int>(-answer);
        return true;
    }
    if (kind_ == Kind::sync) return true;
    if (answer == 0) {
        // A write that never gets on is not worth repeating.
        if (kind_ == Kind::write) error_ = EIO;
        return true;
    }
    consume(static_cast<uint64_t>(answer));
    if (empty()) return true;
    // A direct read falls short of a whole block only at the end of the file, and cannot go on from
    // there.
    return kind_ == Kind::read && step_is_direct_ && transferred_bytes_ % kDirectAlignment != 0;
}

void FileOperation::consume(uint64_t bytes) {
    position_ += bytes;
    transferred_bytes_ += bytes;
    while (bytes > 0) {
        iovec& piece = pieces_[next_];
        const size_t taken = std::min<size_t>(piece.iov_len, bytes);
        piece.iov_base = static_cast<std::byte*>(piece.iov_base) + taken;
        piece.iov_len -= taken;
        bytes -= taken;
        if (piece.iov_len == 0) ++next_;
    }
}

void FileOperation::perform() {
    while (true) {
        const Step step = next_step();
        const auto position = static_cast<off_t>(step.position);
        const auto count = static_cast<int>(step.pieces.size());
        ssize_t answer = 0;
        switch (step.kind) {
        case Kind::read: answer = ::preadv(step.fd, step.pieces.data(), count, position); break;
        case Kind::write: answer = ::pwritev(step.fd, step.pieces.data(), count, position); break;
        case Kind::sync: answer = ::fdatasync(step.fd); break;
        }
        if (answer < 0 && errno == EINTR) continue;
        if (advance(answer < 0 ? -errno : answer)) return;
    }
}

}  // namespace polylog::io

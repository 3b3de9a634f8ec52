#include "io/linux/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "io/linux/system_error.h"

namespace polylog::io {

namespace {

using base::Result;

bool aligned(uint64_t value) {
    return value % kDirectAlignment == 0;
}

bool aligned(base::Bytes bytes) {
    return aligned(bytes.size()) && aligned(reinterpret_cast<uintptr_t>(bytes.data()));
}

// Runs `call()`, a system call on `file` that answers 0 or -1, on a blocking thread.
template <class Call>
Task<Result<void>> blocking_call(BlockingPool& pool, OpenFile::Ref file, const char* name,
                                 Call call) {
    auto work = [file, call]() { return call(file->fd()) == 0 ? 0 : errno; };
    const int error = co_await pool.run(std::move(work));
    if (error != 0) co_return system_failure(error, name, file->path());
    co_return Result<void>();
}

}  // namespace

// The coroutines below copy file_ first: the LinuxFile may be gone before they are.

Task<Result<base::Slice>> LinuxFile::read(uint64_t position, base::Buffer into) {
    CHECK(!direct_ || (aligned(position) && aligned(into.bytes())));
    const OpenFile::Ref file = file_;
    const auto operation = FileOperation::read(file, position, into);
    if (operation->empty()) co_return base::Slice(std::move(into));
    engine_.start(operation);
    const int error = co_await operation->outcome();
    if (error != 0) co_return system_failure(error, "read", file->path());
    const base::Bytes filled = into.bytes().first(operation->transferred_bytes());
    co_return base::Slice(std::move(into), filled);
}

Task<Result<void>> LinuxFile::write(uint64_t position, std::vector<base::Slice> pieces) {
    CHECK(!direct_ || aligned(position));
    for (const base::Slice& piece : pieces) CHECK(!direct_ || aligned(piece.bytes()));
    const OpenFile::Ref file = file_;
    const auto operation = FileOperation::write(file, position, std::move(pieces));
    if (operation->empty()) co_return Result<void>();
    engine_.start(operation);
    const int error = co_await operation->outcome();
    if (error != 0) co_return system_failure(error, "write", file->path());
    co_return Result<void>();
}

Task<Result<void>> LinuxFile::sync() {
    const OpenFile::Ref file = file_;
    const auto operation = FileOperation::sync(file);
    engine_.start(operation);
    const int error = co_await operation->outcome();
    if (error != 0) co_return system_failure(error, "sync", file->path());
    co_return Result<void>();
}

Task<Result<void>> LinuxFile::truncate(uint64_t size_bytes) {
    const auto size = static_cast<off_t>(size_bytes);
    return blocking_call(pool_, file_, "truncate",
                         [size](int fd) { return ::ftruncate(fd, size); });
}

Task<Result<void>> LinuxFile::allocate(uint64_t size_bytes) {
    const auto size = static_cast<off_t>(size_bytes);
    return blocking_call(pool_, file_, "allocate", [size](int fd) {
        return size == 0 ? 0 : ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size);
    });
}

Task<Result<uint64_t>> LinuxFile::size() {
    struct stat status;  // of an open file: in the kernel's memory, so this does not block
    if (::fstat(file_->fd(), &status) != 0) co_return system_failure(errno, "stat", file_->path());
    co_return static_cast<uint64_t>(status.st_size);
}

}  // namespace polylog::io

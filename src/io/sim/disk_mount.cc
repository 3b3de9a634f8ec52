#include "io/sim/disk_mount.h"

#include "base/check.h"

namespace polylog::sim {

using base::Buffer;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Slice;
using io::Task;

namespace {

// Keeps a file open for its handle and for the operations under way on it.
class OpenFile {
public:
    // `crashes`: how many the disk had seen when the program asked.
    OpenFile(SimDisk& disk, uint64_t crashes, InodeRef inode, std::string path,
             io::OpenOptions options)
        : disk_(disk),
          crashes_(crashes),
          inode_(std::move(inode)),
          path_(std::move(path)),
          options_(options) {}
    ~OpenFile() {
        if (disk_.crashes() == crashes_) disk_.files().close(*inode_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    SimDisk& disk() const { return disk_; }
    FileSystem& files() const { return disk_.files(); }
    Inode& inode() const { return *inode_; }
    const std::string& path() const { return path_; }
    const io::OpenOptions& options() const { return options_; }

private:
    SimDisk& disk_;
    const uint64_t crashes_;
    const InodeRef inode_;
    const std::string path_;
    const io::OpenOptions options_;
};
using OpenFileRef = std::shared_ptr<const OpenFile>;

Result<void> unless_failed(Outcome outcome) {
    if (outcome == Outcome::error) return fail(ErrorCode::io_failed, "injected error");
    if (outcome == Outcome::refused) return fail(ErrorCode::throttled, "too many open files");
    return {};
}

bool is_aligned(uint64_t position, base::Bytes bytes) {
    return position % io::kDirectAlignment == 0 && bytes.size() % io::kDirectAlignment == 0 &&
           reinterpret_cast<uintptr_t>(bytes.data()) % io::kDirectAlignment == 0;
}

Task<Result<Slice>> read_file(OpenFileRef file, uint64_t position, Buffer into) {
    CHECK(!file->options().direct || is_aligned(position, into.bytes()));
    auto filled = std::make_shared<size_t>(0);
    const auto done = file->disk().submit(
        {.operation = DiskOperation::read, .path = file->path(), .bytes = into.size()},
        [file, position, into, filled](Outcome outcome) mutable -> Result<void> {
            TRY(*filled, file->files().read(file->inode(), position, into.writable(), outcome));
            return {};
        });
    CO_TRY_VOID(co_await *done);
    co_return Slice(into, into.bytes().first(*filled));
}

Task<Result<void>> write_file(OpenFileRef file, uint64_t position, std::vector<Slice> pieces) {
    CHECK(file->options().write);
    uint64_t bytes = 0;
    for (const Slice& piece : pieces) {
        CHECK(!file->options().direct || is_aligned(position, piece.bytes()));
        bytes += piece.size();
    }
    const bool data_sync = file->options().data_sync;
    FileWrite write{position, std::move(pieces), file->options().direct, data_sync};
    const auto done = file->disk().submit({.operation = DiskOperation::write,
                                           .path = file->path(),
                                           .bytes = bytes,
                                           .data_sync = data_sync},
                                          [file,
                                           write = std::move(write)](Outcome outcome) mutable {
                                              return file->files().write(file->inode(),
                                                                         std::move(write), outcome);
                                          });
    co_return co_await *done;
}

Task<Result<void>> sync_file(OpenFileRef file) {
    const uint64_t upto = file->inode().file.last_change();
    const auto done = file->disk().submit({.operation = DiskOperation::sync, .path = file->path()},
                                          [file, upto](Outcome outcome) {
                                              return file->files().sync(file->inode(), upto,
                                                                        outcome);
                                          });
    co_return co_await *done;
}

Task<Result<void>> truncate_file(OpenFileRef file, uint64_t size_bytes) {
    CHECK(file->options().write);
    const auto done = file->disk().submit({.operation = DiskOperation::truncate,
                                           .path = file->path()},
                                          [file, size_bytes](Outcome outcome) -> Result<void> {
                                              TRY_VOID(unless_failed(outcome));
                                              file->files().truncate(file->inode(), size_bytes);
                                              return {};
                                          });
    co_return co_await *done;
}

Task<Result<void>> allocate_in_file(OpenFileRef file, uint64_t size_bytes) {
    CHECK(file->options().write);
    const auto done = file->disk().submit({.operation = DiskOperation::allocate,
                                           .path = file->path()},
                                          [file, size_bytes](Outcome outcome) -> Result<void> {
                                              TRY_VOID(unless_failed(outcome));
                                              return file->files().allocate(file->inode(),
                                                                            size_bytes);
                                          });
    co_return co_await *done;
}

Task<Result<uint64_t>> size_of_file(OpenFileRef file) {
    const auto done = file->disk().submit({.operation = DiskOperation::query, .path = file->path()},
                                          unless_failed);
    CO_TRY_VOID(co_await *done);
    co_return file->inode().file.cached().size();
}

// `change` is told the last change to names made before the operation began.
using NameChange = std::move_only_function<Result<void>(NameTree& names, uint64_t made_before)>;

Task<Result<void>> change_names(SimDisk& disk, DiskOperation operation, std::string path,
                                NameChange change) {
    const uint64_t made_before = disk.files().names().last_change();
    const auto done = disk.submit({.operation = operation, .path = std::move(path)},
                                  [&disk, made_before, change = std::move(change)](
                                      Outcome outcome) mutable -> Result<void> {
                                      TRY_VOID(unless_failed(outcome));
                                      return change(disk.files().names(), made_before);
                                  });
    co_return co_await *done;
}

class MountedFile : public io::File {
public:
    explicit MountedFile(OpenFileRef file) : file_(std::move(file)) {}

    Task<Result<Slice>> read(uint64_t position, Buffer into) override {
        return read_file(file_, position, std::move(into));
    }
    Task<Result<void>> write(uint64_t position, std::vector<Slice> pieces) override {
        return write_file(file_, position, std::move(pieces));
    }
    Task<Result<void>> sync() override { return sync_file(file_); }
    Task<Result<void>> truncate(uint64_t size_bytes) override {
        return truncate_file(file_, size_bytes);
    }
    Task<Result<void>> allocate(uint64_t size_bytes) override {
        return allocate_in_file(file_, size_bytes);
    }
    Task<Result<uint64_t>> size() override { return size_of_file(file_); }

private:
    const OpenFileRef file_;
};

}  // namespace

Task<Result<std::unique_ptr<io::File>>> DiskMount::open(std::string path, io::OpenOptions options) {
    SimDisk& disk = disk_;
    const uint64_t crashes = disk.crashes();
    auto opened = std::make_shared<OpenFileRef>();
    const auto done = disk.submit(
        {.operation = DiskOperation::open, .path = path},
        [&disk, crashes, path, options, opened](Outcome outcome) -> Result<void> {
            TRY_VOID(unless_failed(outcome));
            TRY(InodeRef inode, disk.files().open(path, options));
            *opened = std::make_shared<OpenFile>(disk, crashes, std::move(inode), path, options);
            return {};
        });
    CO_TRY_VOID(co_await *done);
    co_return std::make_unique<MountedFile>(std::move(*opened));
}

Task<Result<void>> DiskMount::rename(std::string from, std::string to) {
    auto rename = [from, to](NameTree& names, uint64_t) { return names.rename(from, to); };
    return change_names(disk_, DiskOperation::rename, std::move(from), std::move(rename));
}

Task<Result<void>> DiskMount::remove(std::string path) {
    auto remove = [path](NameTree& names, uint64_t) { return names.remove(path); };
    return change_names(disk_, DiskOperation::remove, std::move(path), std::move(remove));
}

Task<Result<void>> DiskMount::create_directories(std::string path) {
    auto create = [path](NameTree& names, uint64_t) { return names.create_directories(path); };
    return change_names(disk_, DiskOperation::create_directories, std::move(path),
                        std::move(create));
}

Task<Result<std::vector<io::DirectoryEntry>>> DiskMount::list(std::string path) {
    SimDisk& disk = disk_;
    const auto done = disk.submit({.operation = DiskOperation::query, .path = path}, unless_failed);
    CO_TRY_VOID(co_await *done);
    co_return disk.files().names().list(path);
}

Task<Result<void>> DiskMount::sync_directory(std::string path) {
    auto sync = [path](NameTree& names, uint64_t upto) { return names.sync_directory(path, upto); };
    return change_names(disk_, DiskOperation::sync_directory, std::move(path), std::move(sync));
}

Task<Result<io::DiskSpace>> DiskMount::space() {
    SimDisk& disk = disk_;
    const auto done = disk.submit({.operation = DiskOperation::query, .path = {}}, unless_failed);
    CO_TRY_VOID(co_await *done);
    co_return disk.files().space();
}

}  // namespace polylog::sim

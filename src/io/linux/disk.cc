#include "io/linux/disk.h"

#include "io/linux/directory.h"
#include "io/linux/file.h"

namespace polylog::io {

using base::Result;

Task<Result<std::unique_ptr<File>>> LinuxDisk::open(std::string path, OpenOptions options) {
    auto work = [fd = directory_fd_, path, options] { return directory::open(fd, path, options); };
    CO_TRY(directory::OpenedFile opened, co_await pool_.run(std::move(work)));
    OpenFile::Ref file(new OpenFile(std::move(opened.fd), std::move(path), opened.direct,
                                    options.data_sync, pool_));
    co_return std::make_unique<LinuxFile>(std::move(file), options.direct, engine_, pool_);
}

Task<Result<void>> LinuxDisk::rename(std::string from, std::string to) {
    return pool_.run([fd = directory_fd_, from = std::move(from), to = std::move(to)] {
        return directory::rename(fd, from, to);
    });
}

Task<Result<void>> LinuxDisk::remove(std::string path) {
    return pool_.run(
        [fd = directory_fd_, path = std::move(path)] { return directory::remove(fd, path); });
}

Task<Result<void>> LinuxDisk::create_directories(std::string path) {
    return pool_.run(
        [fd = directory_fd_, path = std::move(path)] { return directory::create_all(fd, path); });
}

Task<Result<std::vector<DirectoryEntry>>> LinuxDisk::list(std::string path) {
    return pool_.run(
        [fd = directory_fd_, path = std::move(path)] { return directory::list(fd, path); });
}

Task<Result<void>> LinuxDisk::sync_directory(std::string path) {
    return pool_.run(
        [fd = directory_fd_, path = std::move(path)] { return directory::sync(fd, path); });
}

Task<Result<DiskSpace>> LinuxDisk::space() {
    return pool_.run([fd = directory_fd_] { return directory::space(fd); });
}

}  // namespace polylog::io

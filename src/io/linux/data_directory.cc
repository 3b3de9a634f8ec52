#include "io/linux/data_directory.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>

#include "io/linux/system_error.h"

namespace polylog::io {

namespace {

constexpr const char* kLockName = "lock";

// Whoever holds the lock has written its process id into the file.
std::string holder_of(int lock_fd) {
    char text[32];
    const ssize_t length = ::pread(lock_fd, text, sizeof text, 0);
    if (length <= 0) return "another process";
    std::string_view line(text, static_cast<size_t>(length));
    return fmt::format("process {}", line.substr(0, line.find('\n')));
}

base::Result<FileDescriptor> take_lock(int directory_fd, const std::string& path) {
    FileDescriptor lock(::openat(directory_fd, kLockName, O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!lock) return system_failure(errno, "open", path + "/" + kLockName);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return system_failure(errno, "lock", path);
        return base::fail(base::ErrorCode::io_failed,
                          fmt::format("{} is in use by {}", path, holder_of(lock.get())));
    }
    // Only for the message above: a full disk must not keep a broker from starting.
    const std::string pid = fmt::format("{}\n", ::getpid());
    [[maybe_unused]] const ssize_t written = ::pwrite(lock.get(), pid.data(), pid.size(), 0);
    return lock;
}

}  // namespace

base::Result<std::shared_ptr<const DataDirectory>> DataDirectory::open(std::string path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return system_failure(error.value(), "create", path);
    FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return system_failure(errno, "open", path);
    TRY(FileDescriptor lock, take_lock(directory.get(), path));
    return std::shared_ptr<const DataDirectory>(
        new DataDirectory(std::move(path), std::move(directory), std::move(lock)));
}

}  // namespace polylog::io

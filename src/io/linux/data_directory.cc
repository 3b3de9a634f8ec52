#include "io/linux/data_directory.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <vector>

#include "io/linux/system_error.h"

namespace polylog::io {

namespace {

constexpr const char* kLockName = "lock";

// Whoever holds the lock has written its process id into the file; 0 when it has not.
pid_t holder_of(int lock_fd) {
    char text[32];
    const ssize_t length = ::pread(lock_fd, text, sizeof text, 0);
    pid_t pid = 0;
    std::from_chars(text, text + std::max<ssize_t>(length, 0), pid);
    return pid;
}

std::string name_of(pid_t holder) {
    return holder == 0 ? "another process" : fmt::format("process {}", holder);
}

bool has_nothing_but_lock(const std::string& path) {
    std::error_code error;
    for (std::filesystem::directory_iterator each(path, error), end; !error && each != end;
         each.increment(error)) {
        if (each->path().filename() != kLockName) return false;
    }
    return !error;
}

base::Result<FileDescriptor> take_lock(int directory_fd, const std::string& path) {
    FileDescriptor lock(::openat(directory_fd, kLockName, O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!lock) return system_failure(errno, "open", path + "/" + kLockName);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return system_failure(errno, "lock", path);
        return base::fail(base::ErrorCode::io_failed,
                          fmt::format("{} is in use by {}", path, name_of(holder_of(lock.get()))));
    }
    // Only for the message above: a full disk must not keep a broker from starting.
    const std::string pid = fmt::format("{}\n", ::getpid());
    [[maybe_unused]] const ssize_t written = ::pwrite(lock.get(), pid.data(), pid.size(), 0);
    return lock;
}

}  // namespace

base::Result<std::shared_ptr<const DataDirectory>> DataDirectory::open(std::string path) {
    std::error_code error;
    const bool made = std::filesystem::create_directories(path, error);
    if (error) return system_failure(error.value(), "create", path);
    FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return system_failure(errno, "open", path);
    auto lock = take_lock(directory.get(), path);
    if (!lock) {
        if (made) std::filesystem::remove(path, error);  // unless somebody has put something there
        return base::fail(std::move(lock).error());
    }
    // Under the lock: another broker may have come and gone since the directory was made.
    const Origin origin = !has_nothing_but_lock(path) ? Origin::used
                          : made                      ? Origin::made
                                                      : Origin::empty;
    return std::shared_ptr<const DataDirectory>(
        new DataDirectory(std::move(path), origin, std::move(directory), std::move(*lock)));
}

std::optional<pid_t> DataDirectory::holder(const std::string& path) {
    const std::string name = fmt::format("{}/{}", path, kLockName);
    const FileDescriptor lock(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    if (!lock || ::flock(lock.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
        return std::nullopt;
    }
    return holder_of(lock.get());
}

void DataDirectory::discard_if_new() const {
    if (origin_ == Origin::used) return;
    std::vector<std::filesystem::path> added;
    std::error_code error;
    for (std::filesystem::directory_iterator each(path_, error), end; !error && each != end;
         each.increment(error)) {
        if (each->path().filename() != kLockName) added.push_back(each->path());
    }
    for (const auto& each : added) std::filesystem::remove_all(each, error);
    // A lock file stays as long as its directory: whoever waits for one must wait for the same.
    if (origin_ == Origin::empty) return;
    std::filesystem::remove(std::filesystem::path(path_) / kLockName, error);
    std::filesystem::remove(path_, error);
}

}  // namespace polylog::io

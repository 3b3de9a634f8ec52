#include "io/linux/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

#include "io/linux/system_error.h"

namespace polylog::io::directory {

namespace {

using base::Result;

constexpr mode_t kFileMode = 0640;
constexpr mode_t kDirectoryMode = 0750;

// The file at `path` stays below the base directory: not absolute, no part empty, "." or "..".
bool stays_below(std::string_view path) {
    if (path.empty() || path.find('\0') != path.npos) return false;
    while (true) {
        const size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (part.empty() || part == "." || part == "..") return false;
        if (slash == path.npos) return true;
        path.remove_prefix(slash + 1);
    }
}

Result<void> check_path(std::string_view path) {
    if (stays_below(path)) return {};
    return base::fail(base::ErrorCode::invalid_request,
                      fmt::format("path \"{}\" leaves the data directory", path));
}

// A directory to work on; "." is the base directory itself.
Result<FileDescriptor> open_directory(int base_fd, const std::string& path) {
    if (path != ".") TRY_VOID(check_path(path));
    FileDescriptor fd(::openat(base_fd, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return system_failure(errno, "open", path);
    return fd;
}

int open_flags(OpenOptions options) {
    int flags = O_CLOEXEC | (options.write ? O_RDWR : O_RDONLY);
    if (options.create) flags |= O_CREAT;
    if (options.truncate) flags |= O_TRUNC;
    if (options.direct) flags |= O_DIRECT;
    if (options.data_sync) flags |= O_DSYNC;
    return flags;
}

bool is_directory(int parent_fd, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN && entry.d_type != DT_LNK) return entry.d_type == DT_DIR;
    struct stat status;
    return ::fstatat(parent_fd, entry.d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

Result<OpenedFile> open(int base_fd, const std::string& path, OpenOptions options) {
    TRY_VOID(check_path(path));
    int flags = open_flags(options);
    FileDescriptor fd(::openat(base_fd, path.c_str(), flags, kFileMode));
    if (!fd && errno == EINVAL && options.direct) {
        flags &= ~O_DIRECT;
        fd = FileDescriptor(::openat(base_fd, path.c_str(), flags, kFileMode));
    }
    if (!fd) return system_failure(errno, "open", path);
    return OpenedFile{std::move(fd), (flags & O_DIRECT) != 0};
}

Result<void> rename(int base_fd, const std::string& from, const std::string& to) {
    TRY_VOID(check_path(from));
    TRY_VOID(check_path(to));
    if (::renameat(base_fd, from.c_str(), base_fd, to.c_str()) == 0) return {};
    return system_failure(errno, "rename", from);
}

Result<void> remove(int base_fd, const std::string& path) {
    TRY_VOID(check_path(path));
    if (::unlinkat(base_fd, path.c_str(), 0) == 0) return {};
    if (errno == EISDIR && ::unlinkat(base_fd, path.c_str(), AT_REMOVEDIR) == 0) return {};
    return system_failure(errno, "remove", path);
}

Result<void> create_all(int base_fd, const std::string& path) {
    TRY_VOID(check_path(path));
    for (size_t end = 0; end != path.npos;) {
        end = path.find('/', end + 1);
        const std::string parent = path.substr(0, end);
        if (::mkdirat(base_fd, parent.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
            return system_failure(errno, "create", parent);
        }
    }
    TRY_VOID(open_directory(base_fd, path));  // what exists under that name may be a file
    return {};
}

Result<std::vector<DirectoryEntry>> list(int base_fd, const std::string& path) {
    TRY(FileDescriptor fd, open_directory(base_fd, path));
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), &::closedir);
    if (!stream) return system_failure(errno, "list", path);
    const int stream_fd = fd.release();
    std::vector<DirectoryEntry> entries;
    while (true) {
        errno = 0;
        const dirent* entry = ::readdir(stream.get());
        if (!entry) break;
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        entries.push_back({std::string(name), is_directory(stream_fd, *entry)});
    }
    if (errno != 0) return system_failure(errno, "list", path);
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
}

Result<void> sync(int base_fd, const std::string& path) {
    TRY(FileDescriptor fd, open_directory(base_fd, path));
    if (::fsync(fd.get()) == 0) return {};
    return system_failure(errno, "sync", path);
}

Result<DiskSpace> space(int base_fd) {
    struct statvfs status;
    if (::fstatvfs(base_fd, &status) != 0)
        return system_failure(errno, "space of", "data directory");
    // Without what is kept for root: the share that is used is then what df(1) shows.
    const uint64_t kept = uint64_t{status.f_bfree} - status.f_bavail;
    return DiskSpace{.total_bytes = (uint64_t{status.f_blocks} - kept) * status.f_frsize,
                     .available_bytes = uint64_t{status.f_bavail} * status.f_frsize};
}

}  // namespace polylog::io::directory

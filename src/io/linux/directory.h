#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "io/disk.h"
#include "io/linux/file_descriptor.h"

// Blocking calls on names below an open directory, with the errors of io::Disk. Any thread.
namespace polylog::io::directory {

struct OpenedFile {
    FileDescriptor fd;
    bool direct = false;  // false where the file system refused it
};

// One call each of the Disk interface, done at once on the calling thread: they may block. Paths
// are relative to `base_fd`. Errors: those of Disk.
base::Result<OpenedFile> open(int base_fd, const std::string& path, OpenOptions options);
base::Result<void> rename(int base_fd, const std::string& from, const std::string& to);
base::Result<void> remove(int base_fd, const std::string& path);
base::Result<void> create_all(int base_fd, const std::string& path);
base::Result<std::vector<DirectoryEntry>> list(int base_fd, const std::string& path);
base::Result<void> sync(int base_fd, const std::string& path);
base::Result<DiskSpace> space(int base_fd);

}  // namespace polylog::io::directory

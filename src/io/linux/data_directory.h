#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "io/linux/file_descriptor.h"

namespace polylog::io {

// The one directory a broker keeps its data in, locked against a second broker for as long as this
// object lives (the kernel drops the lock with the process, however it ends). Shared by all shards.
class DataDirectory {
public:
    // Makes the directory and its parents if they do not exist, and takes the lock on its file
    // `lock`. io_failed, naming the holder's process id, when another broker has it.
    static base::Result<std::shared_ptr<const DataDirectory>> open(std::string path);

    // What paths are relative to: for openat and its kin.
    int fd() const { return directory_.get(); }
    const std::string& path() const { return path_; }

private:
    DataDirectory(std::string path, FileDescriptor directory, FileDescriptor lock)
        : path_(std::move(path)), directory_(std::move(directory)), lock_(std::move(lock)) {}

    const std::string path_;
    const FileDescriptor directory_;
    const FileDescriptor lock_;
};

}  // namespace polylog::io

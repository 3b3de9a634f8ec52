#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
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
    // The process that has the directory at `path` open; 0 when it does not say, nothing when
    // there is none. Makes nothing and changes nothing.
    static std::optional<pid_t> holder(const std::string& path);

    // What paths are relative to: for openat and its kin.
    int fd() const { return directory_.get(); }
    const std::string& path() const { return path_; }

    // Takes back a directory in which nothing was but the lock when it was opened: removes what has
    // been put into it since, and itself, with the lock, when `open` made it. Nothing for any
    // other one. Best effort, when nobody uses it any more.
    void discard_if_new() const;

private:
    enum class Origin { made, empty, used };  // how `open` found it

    DataDirectory(std::string path, Origin origin, FileDescriptor directory, FileDescriptor lock)
        : path_(std::move(path)),
          origin_(origin),
          directory_(std::move(directory)),
          lock_(std::move(lock)) {}

    const std::string path_;
    const Origin origin_;
    const FileDescriptor directory_;
    const FileDescriptor lock_;
};

}  // namespace polylog::io

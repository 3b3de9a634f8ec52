#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/slice.h"
#include "io/task.h"

namespace polylog::io {

// Alignment of positions, lengths and addresses for files opened with `direct`.
constexpr size_t kDirectAlignment = 4096;

// How a file is opened.
struct OpenOptions {
    bool write = false;   // read-only otherwise
    bool create = false;  // make the file if missing; its name is durable after sync_directory
    bool truncate = false;
    // Bypass the page cache: positions, lengths and addresses aligned to kDirectAlignment. Where a
    // file system refuses it the file behaves the same through the page cache.
    bool direct = false;
    bool data_sync = false;  // each write is durable when it completes
};

// An open file. Operations on it may overlap; each completes on the shard that started it. Dropping
// the task of an operation in flight is safe: the memory it uses is kept until the kernel is done
// with it. Errors: io_failed (with the reason), disk_full, closed. A failed write or sync leaves
// the contents of the range unknown; it must not be repeated as if it were clean.
class File {
public:
    virtual ~File() = default;

    // Reads into `into` from position on and returns the part that was filled: shorter than the
    // buffer only where the file ends.
    virtual Task<base::Result<base::Slice>> read(uint64_t position, base::Buffer into) = 0;
    // Writes the pieces one after another from position on; all or an error. Durable after sync(),
    // or on completion for data_sync files.
    virtual Task<base::Result<void>> write(uint64_t position, std::vector<base::Slice> pieces) = 0;
    // fdatasync: everything whose write completed before this call is durable when it returns.
    virtual Task<base::Result<void>> sync() = 0;
    virtual Task<base::Result<void>> truncate(uint64_t size_bytes) = 0;
    // Reserves blocks up to size_bytes without changing the file's size.
    virtual Task<base::Result<void>> allocate(uint64_t size_bytes) = 0;
    virtual Task<base::Result<uint64_t>> size() = 0;
};

// A name in a directory.
struct DirectoryEntry {
    std::string name;
    bool is_directory = false;
};

// Room on the disk under the data directory.
struct DiskSpace {
    uint64_t total_bytes = 0;  // that this process could ever use
    uint64_t available_bytes = 0;
};

// The file system under one data directory; paths are relative to it, with '/' between parts;
// to list() and sync_directory() "." is the data directory itself.
class Disk {
public:
    virtual ~Disk() = default;

    // not_found when the file does not exist and create is not set. Here, and from list and
    // sync_directory: throttled, when the process or the machine has no descriptor left; nothing
    // has happened then.
    virtual Task<base::Result<std::unique_ptr<File>>> open(std::string path,
                                                           OpenOptions options) = 0;
    // Replaces `to` if it exists; durable after sync_directory of the directories concerned.
    virtual Task<base::Result<void>> rename(std::string from, std::string to) = 0;
    // A file, or an empty directory.
    virtual Task<base::Result<void>> remove(std::string path) = 0;
    // Fine if they exist.
    virtual Task<base::Result<void>> create_directories(std::string path) = 0;
    // Sorted by name. not_found when the directory does not exist.
    virtual Task<base::Result<std::vector<DirectoryEntry>>> list(std::string path) = 0;
    virtual Task<base::Result<void>> sync_directory(std::string path) = 0;
    virtual Task<base::Result<DiskSpace>> space() = 0;
};

}  // namespace polylog::io

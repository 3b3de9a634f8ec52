#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/sim/crash.h"
#include "io/sim/name_tree.h"

namespace polylog::sim {

// How an operation on a disk ends. All but success and interrupted are injected faults.
enum class Outcome : uint8_t {
    success,
    interrupted,  // the machine or the process died while it was under way
    error,  // io_failed, after any part of the work. A sync that fails loses dirty pages for good
    short_write,  // io_failed, after a prefix of the bytes
    lost,         // a write that reports success and never reaches the medium
    misdirected,  // a write that reports success and lands in another block of the file
    stale,        // a read that returns what a block held before
    refused,      // throttled, before anything has happened; only of open and sync_directory
};

// One write, as the disk interface takes it.
struct FileWrite {
    uint64_t position = 0;
    std::vector<base::Slice> pieces;
    bool direct = false;
    bool data_sync = false;
};

// The state of a disk: names, files, capacity. Changes at once and knows no time; SimDisk decides
// when an operation takes effect and how it ends.
class FileSystem {
public:
    FileSystem(RandomStream stream, uint64_t capacity_bytes);
    FileSystem(const FileSystem&) = delete;
    FileSystem& operator=(const FileSystem&) = delete;

    NameTree& names() { return names_; }
    const NameTree& names() const { return names_; }

    // not_found unless there is such a file or `options.create`. Open until close().
    base::Result<InodeRef> open(std::string_view path, const io::OpenOptions& options);
    void close(Inode& file);
    base::Result<size_t> read(const Inode& file, uint64_t position, base::MutableBytes into,
                              Outcome outcome);
    // disk_full after the bytes for which there was room.
    base::Result<void> write(Inode& file, FileWrite write, Outcome outcome);
    base::Result<void> sync(Inode& file, uint64_t upto_change, Outcome outcome);
    void truncate(Inode& file, uint64_t size_bytes);
    // All or nothing: disk_full.
    base::Result<void> allocate(Inode& file, uint64_t size_bytes);

    // Closes every file; after a power cut only what was durable is certain to be there.
    void crash(Crash kind);

    io::DiskSpace space() const;
    // May be below what is in use: nothing more can be written until enough is freed.
    void set_capacity(uint64_t capacity_bytes) { capacity_bytes_ = capacity_bytes; }
    // See StoredFile::damage: flips bits, cuts. The file must exist.
    void damage(std::string_view path, const std::function<void(FileImage&)>& change);

private:
    uint64_t free_blocks() const;
    uint64_t bytes_with_room(const StoredFile& file, uint64_t position, uint64_t size_bytes) const;
    void changed(const Inode& file, uint64_t blocks_before);
    void freed(const Inode& inode);
    void recount();

    RandomStream stream_;
    NameTree names_;
    uint64_t capacity_bytes_;
    uint64_t used_blocks_ = 0;  // of files that have a name or are open
};

// For tests, whether the node runs or not. Nothing when there is no such file.
std::optional<std::string> cached_contents(const FileSystem& files, std::string_view path);
// What is certain to be there after a power cut now.
std::optional<std::string> durable_contents(const FileSystem& files, std::string_view path);
std::vector<std::string> list_files(const FileSystem& files);

}  // namespace polylog::sim

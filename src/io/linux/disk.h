#pragma once

#include "io/disk.h"
#include "io/linux/data_directory.h"
#include "io/linux/disk_engine.h"

namespace polylog::io {

// The data directory as one shard sees it. Reads, writes and syncs go through the shard's engine;
// what is rare (names, sizes, directories) through its blocking threads, whichever the engine: the
// kernel would hand those calls to threads of its own.
class LinuxDisk final : public Disk {
public:
    // All three outlive the disk and the files it opened.
    LinuxDisk(const DataDirectory& directory, DiskEngine& engine, BlockingPool& pool)
        : directory_fd_(directory.fd()), engine_(engine), pool_(pool) {}

    Task<base::Result<std::unique_ptr<File>>> open(std::string path, OpenOptions options) override;
    Task<base::Result<void>> rename(std::string from, std::string to) override;
    Task<base::Result<void>> remove(std::string path) override;
    Task<base::Result<void>> create_directories(std::string path) override;
    Task<base::Result<std::vector<DirectoryEntry>>> list(std::string path) override;
    Task<base::Result<void>> sync_directory(std::string path) override;
    Task<base::Result<DiskSpace>> space() override;

private:
    const int directory_fd_;
    DiskEngine& engine_;
    BlockingPool& pool_;
};

}  // namespace polylog::io

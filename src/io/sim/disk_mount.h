#pragma once

#include "io/disk.h"
#include "io/sim/sim_disk.h"

namespace polylog::sim {

// A node's disk as the program on one of its shards sees it.
class DiskMount : public io::Disk {
public:
    explicit DiskMount(SimDisk& disk) : disk_(disk) {}

    io::Task<base::Result<std::unique_ptr<io::File>>> open(std::string path,
                                                           io::OpenOptions options) override;
    io::Task<base::Result<void>> rename(std::string from, std::string to) override;
    io::Task<base::Result<void>> remove(std::string path) override;
    io::Task<base::Result<void>> create_directories(std::string path) override;
    io::Task<base::Result<std::vector<io::DirectoryEntry>>> list(std::string path) override;
    io::Task<base::Result<void>> sync_directory(std::string path) override;
    io::Task<base::Result<io::DiskSpace>> space() override;

private:
    SimDisk& disk_;
};

}  // namespace polylog::sim

#pragma once

#include "io/disk.h"
#include "io/linux/disk_engine.h"

namespace polylog::io {

// A file whose transfers the shard's disk engine makes, and whose other calls its threads.
class LinuxFile final : public File {
public:
    // `direct`: the caller asked for direct transfers and has to align them, whether or not the
    // file system takes them (file->direct()).
    LinuxFile(OpenFile::Ref file, bool direct, DiskEngine& engine, BlockingPool& pool)
        : file_(std::move(file)), direct_(direct), engine_(engine), pool_(pool) {}

    Task<base::Result<base::Slice>> read(uint64_t position, base::Buffer into) override;
    Task<base::Result<void>> write(uint64_t position, std::vector<base::Slice> pieces) override;
    Task<base::Result<void>> sync() override;
    Task<base::Result<void>> truncate(uint64_t size_bytes) override;
    Task<base::Result<void>> allocate(uint64_t size_bytes) override;
    Task<base::Result<uint64_t>> size() override;

private:
    const OpenFile::Ref file_;
    const bool direct_;
    DiskEngine& engine_;
    BlockingPool& pool_;
};

}  // namespace polylog::io

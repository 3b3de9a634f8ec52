#include "test/sim/flawed_disk.h"

#include <cstring>

namespace polylog::sim {

using base::Buffer;
using base::Result;
using base::Slice;
using io::Task;

namespace {

bool is_segment(const std::string& path) {
    return path.ends_with(".log");
}

class FlawedFile : public io::File {
public:
    FlawedFile(std::unique_ptr<io::File> file, std::string path, DiskFlaw flaw, io::Random& random)
        : file_(std::move(file)), path_(std::move(path)), flaw_(flaw), random_(random) {}

    Task<Result<Slice>> read(uint64_t position, Buffer into) override {
        return file_->read(position, std::move(into));
    }
    Task<Result<void>> write(uint64_t position, std::vector<Slice> pieces) override {
        if (flaw_ == DiskFlaw::loses_segment_writes && is_segment(path_) &&
            random_.below(200) == 0) {
            co_return Result<void>();
        }
        if (flaw_ == DiskFlaw::zeroes_old_blocks && is_segment(path_) && position > 0) {
            Buffer zeros = Buffer::allocate(io::kDirectAlignment, io::kDirectAlignment);
            std::memset(zeros.writable_data(), 0, zeros.size());
            pieces.insert(pieces.begin(), Slice(std::move(zeros)));
            position -= io::kDirectAlignment;
        }
        co_return co_await file_->write(position, std::move(pieces));
    }
    Task<Result<void>> sync() override {
        if (flaw_ == DiskFlaw::ignores_syncs) co_return Result<void>();
        Result<void> synced = co_await file_->sync();
        while (!synced && flaw_ == DiskFlaw::repeats_failed_syncs) synced = co_await file_->sync();
        co_return synced;
    }
    Task<Result<void>> truncate(uint64_t size_bytes) override {
        return file_->truncate(size_bytes);
    }
    Task<Result<void>> allocate(uint64_t size_bytes) override {
        return file_->allocate(size_bytes);
    }
    Task<Result<uint64_t>> size() override { return file_->size(); }

private:
    const std::unique_ptr<io::File> file_;
    const std::string path_;
    const DiskFlaw flaw_;
    io::Random& random_;
};

class FlawedDisk : public io::Disk {
public:
    FlawedDisk(io::Disk& disk, DiskFlaw flaw, io::Random& random)
        : disk_(disk), flaw_(flaw), random_(random) {}

    Task<Result<std::unique_ptr<io::File>>> open(std::string path,
                                                 io::OpenOptions options) override {
        if (flaw_ == DiskFlaw::wal_is_not_synced) options.data_sync = options.direct = false;
        CO_TRY(auto file, co_await disk_.open(path, options));
        co_return std::make_unique<FlawedFile>(std::move(file), std::move(path), flaw_, random_);
    }
    Task<Result<void>> rename(std::string from, std::string to) override {
        return disk_.rename(std::move(from), std::move(to));
    }
    Task<Result<void>> remove(std::string path) override { return disk_.remove(std::move(path)); }
    Task<Result<void>> create_directories(std::string path) override {
        return disk_.create_directories(std::move(path));
    }
    Task<Result<std::vector<io::DirectoryEntry>>> list(std::string path) override {
        return disk_.list(std::move(path));
    }
    Task<Result<void>> sync_directory(std::string path) override {
        if (flaw_ == DiskFlaw::ignores_directory_syncs) co_return Result<void>();
        co_return co_await disk_.sync_directory(std::move(path));
    }
    Task<Result<io::DiskSpace>> space() override { return disk_.space(); }

private:
    io::Disk& disk_;
    const DiskFlaw flaw_;
    io::Random& random_;
};

}  // namespace

FlawedShard::FlawedShard(io::Shard& shard, DiskFlaw flaw)
    : Shard(shard.id()),
      shard_(shard),
      disk_(std::make_unique<FlawedDisk>(shard.env().disk, flaw, shard.env().random)),
      env_{shard.env().clock, shard.env().random, *disk_, shard.env().network} {}

FlawedShard::~FlawedShard() = default;

}  // namespace polylog::sim

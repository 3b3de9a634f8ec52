#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "io/shard.h"
#include "io/signal.h"
#include "log/disk_budget.h"
#include "log/wal_groups.h"

namespace polylog::log {

enum class WalMode : uint8_t {
    durable,   // direct writes with O_DSYNC: committed means it survives a power cut
    buffered,  // page cache: committed means it survives the death of the process
};

struct WalOptions {
    std::string directory;         // relative to the data directory; created if missing
    base::Uuid data_directory_id;  // files that carry another id are refused, never replayed
    WalMode mode = WalMode::durable;
    uint64_t file_bytes = uint64_t{128}
                          << 20;  // also bounds one entry: the largest batch plus 8 KiB
    uint32_t files_max = 8;       // the ring's bound; a checkpoint must free one before a ninth
    size_t slab_bytes = size_t{1} << 20;
    size_t write_bytes_max = size_t{8} << 20;  // groups handed to the disk in one write
    DiskBudget* budget = nullptr;  // what the ring may grow by; it outlives it. Null: no limit
};

// One file of a ring as found on disk.
struct WalFileInfo {
    std::string path;
    uint64_t size_bytes = 0;
    bool readable_header = false;  // false: never used, torn in its first write, or damaged
    WalSequence first_sequence;
    uint64_t lap = 0;
    uint64_t file_bytes = 0;  // what the header says size_bytes is
};
// The ring's files in the order of their numbers. Errors: corrupt when one belongs to another data
// directory.
io::Task<base::Result<std::vector<WalFileInfo>>> list_wal_files(io::Disk& disk, WalOptions options);

// Room for groups, which are placed one after another and never cross a file. A value to plan with.
class WalRoom {
public:
    WalRoom(uint64_t current_bytes, uint64_t file_bytes, uint64_t files)
        : current_bytes_(current_bytes), file_bytes_(file_bytes), files_(files) {}

    // Takes up the next group; false when it does not fit.
    bool place(uint64_t group_bytes);
    uint64_t left_bytes() const { return current_bytes_ + files_ * file_bytes_; }

private:
    uint64_t current_bytes_;  // in the file that is being filled
    uint64_t file_bytes_;     // in each of the others
    uint64_t files_;
};

// The files of a write-ahead log: which is written to, which may be reused, when to add one.
// Reused files are the fast ones: their blocks are allocated and written, so a synced write changes
// no file system metadata. Lives on its log's shard.
class WalRing {
public:
    WalRing(io::Shard& shard, WalOptions options);

    // Takes over what is on disk; files hold groups up to `last` and are used until released.
    io::Task<base::Result<void>> open(WalSequence last);

    // How far the ring grows for what is to be written.
    enum class Growth : uint8_t {
        within_budget,  // not into the disk's reserve, once there are two files
        to_bound,       // as far as the disk has room
    };
    // What surely still fits: in the current file, in free files, and in those that may yet be
    // added. Whoever relies on it gets it, even if the budget is used up meanwhile.
    WalRoom room(Growth growth) const;
    // The files there are, and those that may be added within the budget.
    size_t files_within_reach() const;
    // What is left of the current file; 0 before the first.
    uint64_t current_room_bytes() const;
    // What the current file's groups carry, see docs/formats/write-ahead-log.md.
    uint64_t lap() const { return current_->lap; }
    // Moves on to a free file, adding one if need be. Waits (for a release, for space on the disk
    // or for a descriptor) when there is none. `first` is the sequence that will begin the file.
    io::Task<base::Result<void>> advance(WalSequence first);
    // Writes whole groups (the pieces' total length is `size_bytes`, the last group is `last`)
    // behind what the current file holds, together with the file's header if these are its first.
    io::Task<base::Result<void>> write(std::vector<base::Slice> pieces, uint64_t size_bytes,
                                       WalSequence last);
    void release(WalSequence upto);

    uint32_t used_files() const;
    uint64_t disk_bytes() const;

private:
    struct RingFile {
        std::string path;
        std::unique_ptr<io::File> file;  // opened when first written to
        uint64_t size_bytes = 0;
        bool free = false;
        WalSequence first;
        WalSequence last;
        uint64_t lap = 0;
    };
    bool is_whole(const RingFile& file) const;
    RingFile* find_free();
    io::Task<base::Result<RingFile*>> take_free();
    size_t files_max() const;
    size_t files_to_add(Growth growth) const;
    bool starts_full() const;
    io::Task<base::Result<void>> add_file();
    io::Task<base::Result<void>> open_file(RingFile& file);
    io::Task<base::Result<void>> erase_header(RingFile& file);
    io::Task<base::Result<void>> mark_finished(WalSequence next);
    base::Slice file_header(const RingFile& file) const;

    io::Shard& shard_;
    const WalOptions options_;
    std::vector<std::unique_ptr<RingFile>> files_;
    RingFile* current_ = nullptr;
    // Holds the newest group on disk. Released or not, it stays until a newer one is in another
    // file: replay must find what the checkpoint says was there.
    RingFile* newest_ = nullptr;
    uint64_t position_ = 0;         // in the current file; 0 = its header is not written yet
    RingFile* finished_ = nullptr;  // the current one's predecessor, until it is marked so
    uint64_t finished_position_ = 0;
    bool disk_refuses_ = false;  // the last attempt to get a file failed for want of something
    io::Signal released_;
};

}  // namespace polylog::log

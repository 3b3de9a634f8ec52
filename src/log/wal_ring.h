#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "io/shard.h"
#include "io/signal.h"
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
};

// One file of a ring as found on disk.
struct WalFileInfo {
    std::string path;
    uint64_t size_bytes = 0;
    bool readable_header = false;  // false: never used, torn in its first write, or damaged
    WalSequence first_sequence;
};
// The ring's files in the order of their numbers. Errors: corrupt when one belongs to another data
// directory.
io::Task<base::Result<std::vector<WalFileInfo>>> list_wal_files(io::Disk& disk, WalOptions options);

// The files of a write-ahead log: which is written to, which may be reused, when to add one.
// Reused files are the fast ones: their blocks are allocated and written, so a synced write changes
// no file system metadata. Lives on its log's shard.
class WalRing {
public:
    WalRing(io::Shard& shard, WalOptions options);

    // Takes over what is on disk; files hold groups up to `last` and are used until released.
    io::Task<base::Result<void>> open(WalSequence last);

    // Bytes of groups that surely still fit: what is left of the current file, free files, and
    // files that may yet be added.
    uint64_t room_bytes() const;
    // What is left of the current file; 0 before the first.
    uint64_t current_room_bytes() const;
    // Moves on to a free file, adding one if need be. Waits (for a release, or for space on the
    // disk) when there is none. `first` is the sequence that will begin the file.
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
    };
    RingFile* find_free();
    io::Task<base::Result<void>> add_file();
    io::Task<base::Result<void>> open_file(RingFile& file);
    io::Task<base::Result<void>> erase_header(RingFile& file);
    base::Slice file_header(const RingFile& file) const;

    io::Shard& shard_;
    const WalOptions options_;
    std::vector<std::unique_ptr<RingFile>> files_;
    RingFile* current_ = nullptr;
    uint64_t position_ = 0;      // in the current file; 0 = its header is not written yet
    bool disk_refuses_ = false;  // the last attempt to add a file found the disk full
    io::Signal released_;
};

}  // namespace polylog::log

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "io/sim/file_image.h"
#include "io/sim/random_stream.h"

namespace polylog::sim {

// One file as a kernel and a disk see it: the cached image that the process reads and writes, the
// durable image that a power cut leaves, and the changes in between that no sync has covered. Knows
// nothing of time, names or capacity.
class StoredFile {
public:
    // Reads from the cache, but one of the blocks as it was before it was last written.
    size_t read_stale(uint64_t position, base::MutableBytes into, RandomStream& stream) const;
    void write(uint64_t position, std::span<const base::Slice> pieces);
    // Only the cache changes, and nobody knows that it has to be written back.
    void write_without_trace(uint64_t position, std::span<const base::Slice> pieces);
    void truncate(uint64_t size_bytes);

    // Numbers changes in the order they were made.
    uint64_t last_change() const { return last_change_; }
    // Changes up to that one become durable.
    void sync(uint64_t upto_change);
    // The blocks of this range become durable, with what is needed to find them (the file's size).
    void write_through(uint64_t position, uint64_t size_bytes);
    // A sync that fails: some unsynced changes become durable, the others never will. The cache
    // goes on showing them, and a later sync has nothing to do: what Linux file systems do.
    void fail_sync(RandomStream& stream);
    // The machine loses power. For each 4 KiB block one of its unsynced versions survives, or none,
    // in any mixture; a block may be torn at 512-byte sectors between two versions. The size is any
    // that the file had on the way, or whole blocks between two of them. Truncates survive in
    // order, and bar what was written after one that does not.
    void power_cut(RandomStream& stream);

    // Reserves blocks below size_bytes, beyond the file's end too.
    void allocate(uint64_t size_bytes);
    uint64_t allocated_blocks() const { return allocated_blocks_; }
    // True when writing to the block needs no more space.
    bool has_space_for(uint64_t block) const {
        return block < reserved_blocks_ || cache_.block(block);
    }

    const FileImage& cached() const { return cache_; }
    const FileImage& durable() const { return durable_; }
    // Damage at rest: changes both images behind everybody's back, until they are written again.
    void damage(const std::function<void(FileImage&)>& change);

private:
    struct Change {
        uint64_t number = 0;
        bool truncates = false;
        uint64_t size_after = 0;
        std::vector<std::pair<uint64_t, base::Buffer>> blocks;  // index and whole new contents
    };
    using Changes = std::span<const Change>;

    void change_cache(uint64_t position, std::span<const base::Slice> pieces);
    void make_durable(const Change& change);
    void keep_random_part(RandomStream& stream);
    void keep_scattered(Changes changes, RandomStream& stream);
    void keep_scattered_writes(Changes writes, RandomStream& stream);
    void count_blocks();

    FileImage cache_;
    FileImage durable_;
    std::deque<Change> unsynced_;
    uint64_t last_change_ = 0;
    std::vector<base::Buffer> previous_;  // what blocks held before they were last written
    uint64_t reserved_blocks_ = 0;
    uint64_t durable_reserved_blocks_ = 0;
    uint64_t allocated_blocks_ = 0;
};

}  // namespace polylog::sim

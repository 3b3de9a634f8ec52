#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/slice.h"
#include "base/strong.h"
#include "log/wal_entry.h"

namespace polylog::log {

// Numbers groups over the life of a write-ahead log, from 1, without gaps.
using WalSequence = base::Strong<struct WalSequenceTag, uint64_t>;

// Where an appended entry lies in memory.
struct WalPlace {
    WalSequence group;            // commits with this group
    base::Slice payload;          // the entry's payload in its slab; stays valid while held
    base::MutableBytes writable;  // the same bytes, to be patched before the caller suspends
};

// The groups of a write-ahead log that are not yet written: entries are gathered, each copied once,
// into slabs of aligned memory laid out exactly as on disk. Slabs are reused once nobody holds a
// slice of them, so that the hot path touches no fresh page. Lives on its log's shard.
class WalGroups {
public:
    struct Group {
        WalSequence sequence;
        base::Buffer slab;
        size_t begin = 0;  // a multiple of the block size
        uint32_t payload_bytes = 0;
        uint32_t entry_count = 0;  // 0 in a seal

        uint64_t padded_bytes() const;
    };

    // No group grows beyond `group_bytes_max` on disk, unless it is one entry that does.
    WalGroups(size_t slab_bytes, uint64_t group_bytes_max, WalSequence last);

    WalPlace append(const WalEntryHeader& header, base::Bytes payload);
    // Nothing happens when the open group is empty.
    void close_open();
    // Queues an empty group; the open group must be empty.
    void add_seal();

    // What the next append will belong to.
    WalSequence open_sequence() const { return open_.sequence; }
    bool empty() const { return closed_.empty() && open_.entry_count == 0; }
    // On disk, of everything not yet taken.
    uint64_t pending_bytes() const { return closed_bytes_ + open_bytes(); }
    uint64_t open_bytes() const { return open_.entry_count == 0 ? 0 : open_.padded_bytes(); }
    const std::deque<Group>& closed() const { return closed_; }
    // What the open group would be on disk with another entry; nothing when that begins a new one.
    std::optional<uint64_t> open_bytes_with(size_t entry_bytes) const;
    // The oldest closed group.
    Group take();

private:
    void open_group(size_t entry_bytes);
    base::Buffer acquire_slab(size_t size_bytes);

    const size_t slab_bytes_;
    const uint64_t group_bytes_max_;
    std::deque<Group> closed_;
    uint64_t closed_bytes_ = 0;
    Group open_;         // slab is null until the first entry
    base::Buffer slab_;  // where the next group may begin, at slab_used_
    size_t slab_used_ = 0;
    std::deque<base::Buffer> retired_;  // full slabs, oldest first; reused once unique
};

}  // namespace polylog::log

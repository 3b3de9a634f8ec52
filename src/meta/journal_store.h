#pragma once

#include <memory>

#include "meta/store.h"
#include "replication/journal.h"

namespace polylog::meta {

// The embedded single-node store: an internal log beside all others, with their durability and
// recovery.
class JournalStore final : public Store {
public:
    JournalStore(io::Shard& shard, std::shared_ptr<replication::Partition> partition)
        : shard_(shard), journal_(std::move(partition)) {}

    io::Task<base::Result<void>> replay(Apply apply) override;
    io::Task<base::Result<void>> commit(std::vector<Record> records) override;
    io::Task<base::Result<void>> shorten(Capture capture) override;

private:
    // Batches of at most this many bytes; a single record may exceed it.
    static constexpr size_t kBatchBytes = size_t{256} << 10;
    std::vector<base::Buffer> to_batches(const std::vector<Record>& records) const;

    io::Shard& shard_;
    replication::Journal journal_;
    uint64_t state_bytes_ = 0;  // of the last captured state
};

}  // namespace polylog::meta

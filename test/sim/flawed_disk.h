#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/shard.h"

namespace polylog::sim {

// Errors made on purpose, between a storage and its disk: they show that a scenario's checker
// bites.
enum class DiskFlaw : uint8_t {
    none,
    ignores_syncs,  // of files
    ignores_directory_syncs,
    wal_is_not_synced,     // drops data_sync: the write-ahead log is only in the page cache
    repeats_failed_syncs,  // until one succeeds
    loses_segment_writes,  // one in some hundred reports success and is not made
    zeroes_old_blocks,     // a write that begins inside a file destroys the block before it
};

// The shard of a node, but for its disk. Only asked for its env; everything that waits, waits on
// the node's own shard.
class FlawedShard : public io::Shard {
public:
    FlawedShard(io::Shard& shard, DiskFlaw flaw);
    ~FlawedShard() override;

    io::Env& env() override { return env_; }
    void post(io::Work work) override { shard_.post(std::move(work)); }
    void at_end_of_turn(io::Work work) override { shard_.at_end_of_turn(std::move(work)); }

private:
    void ready_changed() override {}
    void timers_changed() override {}

    io::Shard& shard_;
    std::unique_ptr<io::Disk> disk_;
    io::Env env_;
};

}  // namespace polylog::sim

#pragma once

#include <memory>
#include <utility>

#include "coordinator/group_coordinator.h"
#include "io/sim/node.h"
#include "log/storage.h"
#include "replication/partition.h"

namespace polylog::coordinator::testing {

// The program of a simulated machine that coordinates groups and does nothing else: storage, one
// partition of the offsets topic, its coordinator.
class GroupNode {
public:
    GroupNode(io::Shard& shard, GroupConfig config, log::StorageOptions options)
        : shard_(shard), config_(config), options_(std::move(options)) {}

    // Opens the storage and reads the groups back.
    io::Task<base::Result<void>> start() {
        CO_TRY(storage_, co_await log::Storage::open(shard_, options_));
        log::Log* log = storage_->find(id());
        if (!log) {
            CO_TRY(log, storage_->create(id(), "__consumer_offsets", topic_config()));
        }
        replication::Leadership leadership{.leader_epoch = {0}, .in_sync_replicas = {{1}}};
        partition_ = std::make_shared<replication::Partition>(shard_, *log, std::move(leadership),
                                                              topic_config());
        coordinator_ = another_coordinator();
        co_return co_await coordinator_->load();
    }

    // One more on the same partition, not loaded. There must never be two.
    std::unique_ptr<GroupCoordinator> another_coordinator() {
        return std::make_unique<GroupCoordinator>(
            shard_, std::make_unique<replication::Journal>(partition_), config_);
    }

    log::Storage& storage() { return *storage_; }
    replication::Partition& partition() { return *partition_; }
    // Null until the storage is open.
    GroupCoordinator* coordinator() { return coordinator_.get(); }

    // Small and quick: rings turn, segments fill.
    static log::StorageOptions small_storage() {
        log::StorageOptions options;
        options.data_directory_id.bytes.fill(0x11);
        options.wal.file_bytes = 256 << 10;
        options.wal.files_max = 6;
        options.wal.slab_bytes = 16 << 10;
        options.tail_cache_bytes = 1 << 20;
        options.unflushed_bytes_max = 512 << 10;
        options.flush_piece_bytes = 16 << 10;
        options.read_ahead_bytes = 64 << 10;
        options.disk_reserve_bytes = 0;
        return options;
    }

private:
    static model::TopicPartition id() {
        base::Uuid topic;
        topic.bytes.fill(0x0c);
        return {.topic = {topic}, .partition = {0}};
    }
    static std::shared_ptr<const model::TopicConfig> topic_config() {
        auto config = std::make_shared<model::TopicConfig>();
        config->segment_bytes = 128 << 10;
        config->retention_ms = model::TopicConfig::kUnlimited;
        config->delete_expired = false;
        config->compact = true;
        return config;
    }

    io::Shard& shard_;
    const GroupConfig config_;
    const log::StorageOptions options_;
    std::unique_ptr<log::Storage> storage_;
    std::shared_ptr<replication::Partition> partition_;
    std::unique_ptr<GroupCoordinator> coordinator_;
};

}  // namespace polylog::coordinator::testing

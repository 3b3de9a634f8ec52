#pragma once

#include <memory>
#include <utility>

#include "replication/journal.h"
#include "replication/partition.h"
#include "test/log/storage_rig.h"

namespace polylog::replication::testing {

using log::testing::BatchShape;
using log::testing::StorageRig;

// A partition that leads a log of a storage rig.
class PartitionRig : public StorageRig {
public:
    PartitionRig() { open_partition(); }
    PartitionRig(const PartitionRig&) = delete;
    PartitionRig& operator=(const PartitionRig&) = delete;
    ~PartitionRig() {
        if (partition_) partition_->close();
    }

    Partition& partition() { return *partition_; }
    std::shared_ptr<Partition> shared() { return partition_; }

    void reopen_partition(sim::Crash crash_kind) {
        // Whoever still holds the old one keeps no log of a machine that is gone.
        on_shard([&] {
            partition_->close();
            return 0;
        });
        partition_.reset();
        crash(crash_kind);
        open_partition();
    }
    void configure(model::TopicConfig changed) {
        auto shared = std::make_shared<const model::TopicConfig>(std::move(changed));
        on_shard([&] {
            partition_->configure(shared);
            return 0;
        });
    }

    base::Result<Partition::Appended> append_batch(const BatchShape& shape, bool all = true) {
        base::Buffer batch = log::testing::make_batch(shape);
        return on_shard([&] { return partition_->append(batch.writable(), all); });
    }
    base::MonoTime in(base::Duration duration) { return node().shard(0).now() + duration; }

private:
    void open_partition() {
        open();
        log::Log* log = storage().find(id());
        if (!log) log = &create(id());
        partition_ = on_shard([&] {
            Leadership leadership{.leader_epoch = {3}, .in_sync_replicas = {{1}}};
            return std::make_shared<Partition>(node().shard(0), *log, std::move(leadership),
                                               std::make_shared<const model::TopicConfig>(
                                                   config()));
        });
    }

    std::shared_ptr<Partition> partition_;
};

}  // namespace polylog::replication::testing

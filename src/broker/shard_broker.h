#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/histogram.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "broker/pressure.h"
#include "broker/shard_publications.h"
#include "broker/shard_queues.h"
#include "broker/streams.h"
#include "coordinator/group_coordinator.h"
#include "io/shard.h"
#include "log/storage.h"
#include "meta/metadata_image.h"
#include "replication/partition.h"

namespace polylog::broker {

// Opens the storage of one shard: log::Storage::open, or in tests something around it.
using OpenStorage = std::function<io::Task<base::Result<std::unique_ptr<log::Storage>>>(
    io::Shard& shard, log::StorageOptions options)>;

// Everything the broker has on one shard: its storage, the partitions whose logs lie there, the
// coordinators of the offsets partitions among them, and this shard's view of the metadata. Lives
// on that shard.
class ShardBroker {
public:
    // Which of the broker's shards this is.
    struct Place {
        size_t index = 0;
        size_t shard_count = 1;
    };

    // Limits and pressure are the broker's.
    ShardBroker(io::Shard& shard, Place place, model::NodeId node, const base::Limits& limits,
                const Pressure& pressure);
    ~ShardBroker();

    io::Shard& shard() { return shard_; }
    model::NodeId node() const { return node_; }
    ShardPublications& publications() { return publications_; }
    ShardQueues& queues() { return queues_; }
    io::Task<base::Result<void>> open(OpenStorage open_storage, log::StorageOptions options);
    // Takes over a new image: makes, configures and drops partitions of the changed topics.
    io::Task<void> apply(meta::ImagePtr image, std::vector<model::TopicId> changed);
    // Drops logs of topics that the metadata does not know: left over when a deletion was cut
    // short.
    io::Task<void> drop_strays();
    io::Task<base::Result<void>> close();

    const meta::ImagePtr& image() const { return image_; }
    log::Storage& storage() { return *storage_; }
    // Null when there is no such partition here.
    std::shared_ptr<replication::Partition> find(const model::TopicPartition& id) const;
    // Null when this shard does not coordinate that offsets partition.
    coordinator::GroupCoordinator* coordinator(model::PartitionIndex offsets_partition);
    // Makes (or finds) the log of a partition that metadata itself is kept in.
    base::Result<std::shared_ptr<replication::Partition>> internal_partition(
        model::TopicPartition id, std::string name,
        std::shared_ptr<const model::TopicConfig> config);

    // The work of Streams for the parts that live here.
    io::Task<std::vector<base::Result<Appended>>> append(std::vector<AppendPart> parts);
    io::Task<std::vector<FetchAnswer>> read(std::vector<FetchPart> parts);
    io::Task<std::vector<OffsetAnswer>> find_offsets(std::vector<OffsetQuery> queries);
    io::Task<std::vector<TrimAnswer>> trim(std::vector<TrimPart> parts);
    io::Task<std::vector<EpochAnswer>> epoch_ends(std::vector<EpochQuery> queries);
    std::vector<StoredLog> stored_logs() const;
    const log::RecoveryReport& recovery() const { return storage_->recovery(); }
    log::Storage::Usage storage_usage() const { return storage_->usage(); }
    // Since the start; numbers only grow.
    struct Statistics {
        log::Statistics storage;
        base::HistogramCounts append_seconds;  // of requests, to their durability; nanoseconds
        FanOut::Statistics fan_out;
    };
    Statistics statistics() const {
        return {storage_->statistics(), append_seconds_.counts(), publications_.statistics()};
    }
    // The groups that this shard coordinates. Errors: coordinator_loading.
    base::Result<std::vector<coordinator::GroupListing>> list_groups() const;

private:
    // A partition that this broker leads in the epoch that a client believes it does. Errors:
    // unknown_topic, those of replication::Partition::check_epoch.
    base::Result<std::shared_ptr<replication::Partition>> find_led(
        const model::TopicPartition& id, std::optional<model::LeaderEpoch> believed) const;
    io::Task<void> count_memory();
    base::Result<Appended> append_one(AppendPart& part,
                                      std::shared_ptr<replication::Partition>& partition);
    io::Task<FetchAnswer> read_one(FetchPart part);
    io::Task<OffsetAnswer> find_one(OffsetQuery query);
    io::Task<base::Result<OffsetAnswer>> look_up(replication::Partition& partition,
                                                 OffsetQuery query);
    void report_damage(const model::TopicPartition& id, const base::Error& why);
    void open_partitions(const meta::Topic& topic, model::LeaderEpoch epoch);
    void open_partition(const meta::Topic& topic, model::TopicPartition id,
                        model::LeaderEpoch epoch);
    io::Task<void> close_partitions(model::TopicId topic);
    void forget_offsets(std::string topic_name);
    io::Task<void> forget_offsets_at(coordinator::GroupCoordinator& coordinator,
                                     std::string topic_name);
    void start_coordinator(const meta::Topic& topic, model::PartitionIndex index);
    io::Task<void> load(coordinator::GroupCoordinator& coordinator, model::PartitionIndex index);

    io::Shard& shard_;
    const Place place_;
    const model::NodeId node_;
    const base::Limits& limits_;
    const Pressure& pressure_;
    base::MemoryClaim storage_memory_;
    base::MemoryClaim groups_memory_;
    base::Histogram append_seconds_;  // of requests, to their durability
    std::unique_ptr<log::Storage> storage_;
    meta::ImagePtr image_;
    boost::unordered_flat_map<model::TopicPartition, std::shared_ptr<replication::Partition>,
                              std::hash<model::TopicPartition>>
        partitions_;
    std::map<model::TopicPartition, base::MonoTime> damage_reported_;
    std::map<model::PartitionIndex, std::unique_ptr<coordinator::GroupCoordinator>> coordinators_;
    ShardQueues queues_;
    ShardPublications publications_;
    io::TaskScope scope_;
};

}  // namespace polylog::broker

#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "base/result.h"
#include "broker/disk_watch.h"
#include "broker/groups.h"
#include "broker/pressure.h"
#include "broker/publications.h"
#include "broker/queues.h"
#include "broker/shards.h"
#include "broker/streams.h"
#include "broker/subscriptions.h"
#include "broker/topics.h"
#include "io/shard.h"
#include "log/storage.h"
#include "meta/controller.h"

namespace polylog::broker {

// What a broker is started with; does not change afterwards.
struct BrokerOptions {
    model::NodeId node{1};
    model::ConfigMap static_config;  // settings of the configuration file, under Kafka's names
    log::StorageOptions storage;     // what all shards share; ids and numbers are filled in
    base::Limits limits;
    // Of the process; outlives the broker. Null: the broker has one of its own, without a bound.
    base::MemoryBudget* memory = nullptr;
    // Where the simulator plants errors between the broker and what it stores.
    OpenStorage open_storage = &log::Storage::open;
    // Where published messages go; nothing: to the broker's queues.
    std::optional<QueueDoor> queue_door = std::nullopt;
};

// The one door for protocols and tools: streams(), queues(), topics(), groups(). Made, started and
// stopped on the first shard; the doors are callable from any shard between start() and stop().
class Broker {
public:
    Broker(std::vector<io::Shard*> shards, BrokerOptions options);

    // Opens storage on every shard, recovers, reads the metadata back and makes every partition
    // ready. Errors: damaged, corrupt, io_failed, disk_full - the broker must not serve then.
    io::Task<base::Result<void>> start();
    // Closes groups, partitions and storage, in this order; everything acknowledged is in its
    // place.
    io::Task<base::Result<void>> stop();

    Streams& streams() { return streams_; }
    Topics& topics() { return *topics_; }
    Groups& groups() { return *groups_; }
    Publications& publications() { return *publications_; }
    Subscriptions& subscriptions() { return *subscriptions_; }
    Queues& queues() { return *queues_; }
    model::NodeId node() const { return options_.node; }
    // What recovery did, shard by shard.
    std::vector<log::RecoveryReport> recovery();
    io::Task<std::vector<log::Storage::Usage>> storage_usage();
    base::MemoryBudget& memory() { return memory_; }
    // What is refused now for want of disk or memory.
    const Pressure& pressure() const { return pressure_; }
    // How full the disk is; on the first shard.
    const DiskWatch& disk() const { return disk_; }
    // What the shards have done since the start.
    io::Task<std::vector<ShardBroker::Statistics>> statistics();

private:
    io::Task<base::Result<base::Uuid>> data_directory_id();
    io::Task<base::Result<void>> open_storage(base::Uuid data_directory_id);
    io::Task<base::Result<void>> start_controller();
    io::Task<void> publish(meta::ImagePtr image, std::vector<model::TopicId> changed);

    const BrokerOptions options_;
    const std::unique_ptr<base::MemoryBudget> own_memory_;  // null when there is one of the process
    base::MemoryBudget& memory_;
    DiskWatch disk_;
    const Pressure pressure_;
    Shards shards_;
    std::unique_ptr<meta::Controller> controller_;
    Streams streams_;
    std::unique_ptr<Topics> topics_;
    std::unique_ptr<Groups> groups_;
    std::unique_ptr<Subscriptions> subscriptions_;
    std::unique_ptr<Publications> publications_;
    std::unique_ptr<Queues> queues_;
};

}  // namespace polylog::broker

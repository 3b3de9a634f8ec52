#include "broker/broker.h"

#include <fmt/core.h>

#include <cstring>

#include "broker/data_directory.h"
#include "broker/internal_topics.h"
#include "broker/queue_door.h"
#include "meta/journal_store.h"

namespace polylog::broker {

using base::ErrorCode;
using base::fail;
using base::Result;
using io::Task;

namespace {

std::vector<std::unique_ptr<ShardBroker>> make_shards(const std::vector<io::Shard*>& shards,
                                                      const BrokerOptions& options,
                                                      const Pressure& pressure) {
    std::vector<std::unique_ptr<ShardBroker>> made;
    for (size_t index = 0; index < shards.size(); ++index) {
        CHECK(shards[index]->id().value == index);
        const ShardBroker::Place place{.index = index, .shard_count = shards.size()};
        made.push_back(std::make_unique<ShardBroker>(*shards[index], place, options.node,
                                                     options.limits, pressure));
    }
    return made;
}

// Which storage holds a log follows from their number: with another one, logs would not be found.
Result<void> check_shard_count(const DataDirectory& directory, size_t shard_count) {
    if (directory.shard_count == shard_count) return {};
    return fail(ErrorCode::unsupported,
                fmt::format("the data directory is divided into {} shards, but {} were asked for: "
                            "start with shards = {}",
                            directory.shard_count, shard_count, directory.shard_count));
}

Result<void> first_failure(std::vector<Result<void>> results) {
    for (Result<void>& result : results) {
        if (!result) return result;
    }
    return {};
}

}  // namespace

Broker::Broker(std::vector<io::Shard*> shards, BrokerOptions options)
    : options_(std::move(options)),
      own_memory_(options_.memory
                      ? nullptr
                      : std::make_unique<base::MemoryBudget>(UINT64_MAX, options_.limits)),
      memory_(options_.memory ? *options_.memory : *own_memory_),
      disk_(*shards.front(), options_.limits),
      pressure_(disk_, memory_),
      shards_(make_shards(shards, options_, pressure_)),
      streams_(shards_) {}

Task<Result<void>> Broker::start() {
    io::Shard& shard = shards_.first().shard();
    CO_TRY(const DataDirectory directory, co_await open_data_directory(shard, shards_.count()));
    CO_TRY_VOID(check_shard_count(directory, shards_.count()));
    CO_TRY_VOID(co_await open_storage(directory.id));
    CO_TRY_VOID(co_await start_controller());
    co_await shards_.on_each([](ShardBroker& shard) { return shard.drop_strays(); });
    co_await shards_.on_each([this](ShardBroker& shard) {
        shard.queues().connect(*queues_);
        return io::ready(true);
    });
    const QueueDoor door = options_.queue_door ? *options_.queue_door : queue_door(*queues_);
    co_await shards_.on_each([&door](ShardBroker& shard) {
        shard.publications().start(door);
        return io::ready(true);
    });
    co_return co_await disk_.start();
}

Task<Result<void>> Broker::open_storage(base::Uuid data_directory_id) {
    log::StorageOptions options = options_.storage;
    options.data_directory_id = data_directory_id;
    options.producers_max = std::max<size_t>(options_.limits.producer_ids_max / shards_.count(), 1);
    co_return first_failure(co_await shards_.on_all(
        [options, open_storage = options_.open_storage](ShardBroker& shard) mutable {
            options.storage_index = shard.shard().id().value;
            return shard.open(open_storage, options);
        }));
}

Task<Result<void>> Broker::start_controller() {
    ShardBroker& first = shards_.first();
    model::TopicConfig config;
    config.delete_expired = false;  // metadata is never removed by age; its journal rewrites itself
    config.may_use_disk_reserve = true;
    CO_TRY(auto partition,
           first.internal_partition({kMetadataTopicId, {0}}, std::string(kMetadataTopic),
                                    std::make_shared<const model::TopicConfig>(std::move(config))));
    auto store = std::make_unique<meta::JournalStore>(first.shard(), std::move(partition));
    controller_ = std::make_unique<meta::Controller>(
        first.shard(), options_.node, options_.limits, std::move(store), options_.static_config,
        [this](meta::ImagePtr image, std::vector<model::TopicId> changed) {
            return publish(std::move(image), std::move(changed));
        });
    bool clean = true;
    for (const log::RecoveryReport& report : recovery()) clean = clean && report.clean;
    CO_TRY_VOID(co_await controller_->start(clean));
    topics_ = std::make_unique<Topics>(shards_, *controller_, pressure_);
    groups_ = std::make_unique<Groups>(shards_, *topics_, pressure_);
    subscriptions_ = std::make_unique<Subscriptions>(shards_, *controller_, pressure_);
    publications_ = std::make_unique<Publications>(shards_, *topics_, pressure_);
    queues_ = std::make_unique<Queues>(shards_, *topics_, pressure_);
    co_return {};
}

Task<void> Broker::publish(meta::ImagePtr image, std::vector<model::TopicId> changed) {
    return shards_.on_each([image = std::move(image), changed = std::move(changed)](
                               ShardBroker& shard) { return shard.apply(image, changed); });
}

Task<Result<void>> Broker::stop() {
    disk_.stop();
    // Before any queue goes away: it would look like one that was deleted.
    co_await shards_.on_each([](ShardBroker& shard) {
        shard.publications().close();
        return io::ready(true);
    });
    co_return first_failure(
        co_await shards_.on_all([](ShardBroker& shard) { return shard.close(); }));
}

std::vector<log::RecoveryReport> Broker::recovery() {
    std::vector<log::RecoveryReport> reports;
    for (size_t index = 0; index < shards_.count(); ++index)
        reports.push_back(shards_.at(index).recovery());
    return reports;
}

Task<std::vector<log::Storage::Usage>> Broker::storage_usage() {
    return shards_.on_all(&ShardBroker::storage_usage);
}

Task<std::vector<ShardBroker::Statistics>> Broker::statistics() {
    return shards_.on_all(&ShardBroker::statistics);
}

}  // namespace polylog::broker
